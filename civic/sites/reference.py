"""The real places of the Chaîne des Parcs, from the files of civic/data, into the database."""

import csv
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from civic.db import Base
from civic.i18n import N_
from civic.paths import DATA
from civic.sites.models import Commune, Intermunicipality, Site

SHORT_NAMES = {
    "CALL": N_("Lens-Liévin"),
    "CAHC": N_("Hénin-Carvin"),
    "CABBALR": N_("Béthune-Bruay"),
}
ATTRIBUTION = N_(
    "Sources : Mission Bassin Minier Nord-Pas de Calais (data.gouv.fr, Licence Ouverte 2.0) ; "
    "INSEE, DGCL, La Poste via Etalab (Licence Ouverte)"
)


async def load(session: AsyncSession) -> None:
    """Insert the intermunicipalities, communes and sites that are missing; what is there already is left as it is."""
    communes = _communes()
    await _insert_missing(session, Intermunicipality, Intermunicipality.code, _intermunicipalities(communes))
    await _insert_missing(session, Commune, Commune.insee, [_commune(row) for row in communes])
    await _insert_missing(session, Site, Site.id, [_site(row) for row in _sites()])


async def _insert_missing(
    session: AsyncSession, table: type[Base], key: InstrumentedAttribute[str], rows: Sequence[dict[str, Any]]
) -> None:
    known = set(await session.scalars(select(key)))
    missing = [row for row in rows if row[key.key] not in known]
    if missing:
        await session.execute(insert(table), missing)


def _communes() -> list[dict[str, str]]:
    with (DATA / "communes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sites() -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads((DATA / "sites.json").read_text(encoding="utf-8"))
    return list(content["sites"])


def _intermunicipalities(communes: list[dict[str, str]]) -> list[dict[str, Any]]:
    found = {
        row["epci_code"]: {
            "code": row["epci_code"],
            "name": row["epci_name"],
            "short_name": SHORT_NAMES[row["epci_code"]],
            "siren": row["epci_siren"],
        }
        for row in communes
    }
    return list(found.values())


def _commune(row: dict[str, str]) -> dict[str, Any]:
    return {
        "insee": row["insee"],
        "name": row["name"],
        "intermunicipality_code": row["epci_code"],
        "postcodes": row["postcodes"],
        "population": int(row["population_municipal"]),
        "lat": float(row["lat"]),
        "lon": float(row["lon"]),
    }


def _site(row: dict[str, Any]) -> dict[str, Any]:
    """Points from memory are approximate; a membership that is only likely is kept so, never shown as a fact."""
    return {
        "id": row["id"],
        "name": row["name"],
        "kind": row["kind"],
        "pillar": row["pillar"],
        "commune_insee": row["insee"],
        "intermunicipality_code": row["epci_code"],
        "lat": row["lat"],
        "lon": row["lon"],
        "precision_m": row["precision_m"],
        "approximate": row["coord_certainty"].startswith("memory"),
        "coordinates_source": row["coord_source"],
        "chain_member": row["chain_member"],
    }
