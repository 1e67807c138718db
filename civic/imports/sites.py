"""A file of sites: its columns, what it would do, and the writing of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.formats import plain
from civic.i18n import N_, _
from civic.imports import cells
from civic.imports.columns import Column, Line
from civic.imports.places import Towns, load_towns
from civic.imports.plan import Change, Plan, Planned, refused
from civic.sites import bulk
from civic.sites.kinds import KINDS, PILLAR_NAMES
from civic.sites.models import Site
from civic.sites.rules import RESERVED

SHEET = N_("Lieux")
NOTES_MAX = 1000
ID_MAX = 40
COLUMNS = (
    Column(
        "id",
        N_("Code"),
        cells.text(ID_MAX),
        example="parc-de-la-gare",
        help=N_("Lettres, chiffres et tirets. Vide : fait à partir du nom."),
        also=("Code du lieu", "site_id"),
    ),
    Column(
        "name", N_("Nom"), cells.text(120), example=N_("Parc de la Gare"), help=N_("À remplir pour un nouveau lieu.")
    ),
    Column("kind", N_("Nature"), cells.choice(KINDS), example="parc", help=N_("terril, parc, lieu culturel…")),
    Column(
        "pillar",
        N_("Pilier"),
        cells.choice(PILLAR_NAMES),
        example="Archipel vert",
        help=N_("Énergie, Archipel vert ou Résilience."),
    ),
    Column(
        "commune",
        N_("Commune"),
        cells.text(80),
        example="Lens",
        help=N_("Son nom ou son code INSEE."),
        also=("insee", "Code INSEE"),
    ),
    Column(
        "lat",
        N_("Latitude"),
        cells.number(49.5, 51.5),
        example="50,4310",
        help=N_("En degrés. Vide : le centre de la commune."),
    ),
    Column(
        "lon",
        N_("Longitude"),
        cells.number(1.5, 4.5),
        example="2,8270",
        help=N_("En degrés. Vide : le centre de la commune."),
    ),
    Column(
        "meeting_place", N_("Lieu de rendez-vous"), cells.text(200), example="Devant la grille", also=("Rendez-vous",)
    ),
    Column(
        "access_notes",
        N_("Y aller"),
        cells.text(NOTES_MAX, lines=True),
        example=N_("Bus 18, arrêt Gare"),
        also=(N_("Accès"),),
    ),
    Column("safety_notes", N_("Sur place"), cells.text(NOTES_MAX, lines=True), also=(N_("Sécurité"),)),
    Column("on_call_number", N_("Numéro d’astreinte"), cells.phone, example="03 21 00 00 01", also=("Astreinte",)),
    Column("intermunicipality", N_("Agglomération")),
)
TEMPLATE = tuple(one.code for one in COLUMNS if one.read)
LABELS = {one.code: one.label for one in COLUMNS} | {"commune_insee": "Commune"}
NEEDED = ("name", "kind", "pillar", "commune")


@dataclass(frozen=True, slots=True)
class Work:
    site_id: str
    values: dict[str, Any]
    new: bool
    approximate: bool = False


@dataclass(slots=True)
class World:
    """The places that stand, by code and by name, and the line that first named each code."""

    towns: Towns
    sites: dict[str, Site]
    names: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)


def slug(name: str) -> str:
    """« Parc de l’Étang » → parc-de-l-etang."""
    words = re.findall(r"[a-z0-9]+", plain(name))
    return "-".join(words)[:ID_MAX].strip("-")


async def plan(session: AsyncSession, by: User, lines: Sequence[Line]) -> Plan:
    towns = await load_towns(session)
    world = World(towns, {site.id: site for site in await session.scalars(select(Site))})
    world.names.update((cells.key(site.name), site_id) for site_id, site in world.sites.items())
    return await to_thread.run_sync(lambda: Plan([_weigh(line, world) for line in lines]))


def _weigh(line: Line, world: World) -> Planned:
    site_id = str(line.values.get("id") or slug(line.values.get("name", "")))
    # A code that was made from the name is wrong where the name stands.
    source = "id" if "id" in line.typed else "name"
    label = line.typed.get("name") or site_id or _("ligne %(n)s") % {"n": line.number}
    site = world.sites.get(site_id)
    _check_id(line, site_id, site, source)
    town = world.towns.find(line, "commune")
    values = {name: line.values[name] for name in bulk.FIELDS if name in line.values}
    if town:
        values |= {"commune_insee": town.insee, "intermunicipality_code": town.intermunicipality}
    if ("lat" in values) != ("lon" in values):
        line.wrong(
            "lat" if "lat" not in values else "lon", _("Donnez la latitude et la longitude, ou aucune des deux.")
        )
    first = world.taken.setdefault(site_id, line.number)
    if first != line.number and site_id:
        line.wrong(source, _("C’est le même lieu qu’à la ligne %(n)s. Gardez une des deux.") % {"n": first})
    if site is None:
        _check_new(line, site_id, world)
    elif site.archived_at:
        line.wrong("", _("Ce lieu est archivé."))
    if line.problems:
        return refused(line, label)
    if site is not None:
        return _changed(line, label, site, values, world.towns)
    assert town
    approximate = "lat" not in values
    values |= {"lat": town.lat, "lon": town.lon} if approximate else {}
    work = Work(site_id, values, True, approximate)
    return Planned(line.number, label, "created", work=work, detail=f"{site_id} · {town.name}")


def _check_id(line: Line, site_id: str, site: Site | None, source: str) -> None:
    if not site_id:
        if source == "name" and "name" not in line.typed:
            line.wrong("name", _("Donnez un nom ou un code."))
        elif "name" in line.values:
            line.wrong("name", _("Ce nom n’a ni lettre ni chiffre. Changez-le, ou donnez un code."))
    elif site is None and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", site_id):
        line.wrong("id", _("Un code n’a que des minuscules, des chiffres et des tirets. Exemple : parc-de-la-gare"))
    elif site is None and site_id in RESERVED:
        message = _("Ce code sert déjà d’adresse dans Civic. Choisissez-en un autre.")
        named = _("Le code fait à partir de ce nom sert déjà d’adresse dans Civic. Donnez-en un autre.")
        line.wrong(source, message if source == "id" else named)


def _check_new(line: Line, site_id: str, world: World) -> None:
    for code in NEEDED:
        if code not in line.typed:
            line.wrong(code, _("À remplir pour un nouveau lieu."))
    same = world.names.setdefault(cells.key(line.values.get("name", "")), site_id)
    if "name" in line.values and same != site_id:
        line.wrong("name", _("Un lieu porte déjà ce nom, sous le code %(code)s.") % {"code": same})


def _changed(line: Line, label: str, site: Site, values: dict[str, Any], towns: Towns) -> Planned:
    if cells.same_phone(site.on_call_number, values.get("on_call_number", "")):
        values.pop("on_call_number", None)
    found = []
    for name in values:
        before, after = getattr(site, name), values[name]
        if before != after and name != "intermunicipality_code":
            found.append(Change(_(LABELS[name]), _shown(name, before, towns), _shown(name, after, towns)))
    if not found:
        return Planned(line.number, label, "same")
    return Planned(line.number, label, "changed", changes=tuple(found), work=Work(site.id, values, False))


def _shown(name: str, value: Any, towns: Towns) -> str:
    if name == "commune_insee" and value in towns.by_insee:
        return towns.by_insee[value].name
    if name == "kind":
        return _(KINDS.get(value, value))
    if name == "pillar":
        return _(PILLAR_NAMES.get(value, value))
    if isinstance(value, float):
        return (
            f"{value:g}".replace(".", ",") if value == round(value, 4) else f"{value:.6f}".rstrip("0").replace(".", ",")
        )
    return str(value) or "–"


async def apply(session: AsyncSession, by: User, lines: Sequence[Planned]) -> None:
    for line in lines:
        work: Work = line.work
        if work.new:
            await bulk.create(session, by=by, site_id=work.site_id, values=work.values, approximate=work.approximate)
            continue
        site = await session.get(Site, work.site_id, with_for_update=True, populate_existing=True)
        if site is not None:
            bulk.change(session, by=by, site=site, values=work.values)
    await session.flush()
