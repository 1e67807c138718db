"""Open data and the public page: there only where CIVIC_OPEN_DATA says so, for anybody, without filters."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from civic import clock
from civic.accounts.current import MaybeUser
from civic.db import Session
from civic.errors import NotFound
from civic.i18n import N_, _
from civic.reports.csv_text import DIALECTS, MEDIA_TYPE, Column, head, writer
from civic.reports.shared import Published, published, rows
from civic.settings import settings
from civic.web import render

# What was published stays for a quarter: a few minutes in between change nothing.
KEPT = {"Cache-Control": "public, max-age=600"}
COLUMNS = (
    Column("period", N_("Trimestre")),
    Column("first_day", N_("Premier jour")),
    Column("last_day", N_("Dernier jour")),
    Column("measure", N_("Mesure")),
    Column("breakdown", N_("Répartition")),
    Column("key", N_("Code")),
    Column("label", N_("Libellé")),
    Column("value", N_("Valeur")),
)
FRESH = timedelta(minutes=10)
SHOWN_QUARTERS = 4


async def _open() -> None:
    if not settings().open_data:
        raise NotFound


router = APIRouter(dependencies=[Depends(_open)])


async def _published(request: Request, session: Session) -> Published:
    """Counted at most every ten minutes by a process: anybody may ask, and as often as they like."""
    now, kept = clock.now(), getattr(request.app.state, "published", None)
    if kept is None or now - kept[0] > FRESH or kept[1] != clock.today():
        kept = request.app.state.published = (now, clock.today(), await published(session, clock.today()))
    found: Published = kept[2]
    return found


@router.get("/api/v1/open-data/encounters.csv", tags=["reports"], response_class=Response)
async def encounters(request: Request, session: Session) -> Response:
    """Counts by ended quarter, comma-separated, for tools: a cell without a value is hidden."""
    found = await _published(request, session)
    encode = writer(DIALECTS["rfc"])
    body = encode([head(COLUMNS, DIALECTS["rfc"])]) + encode(rows(found))
    name = 'attachment; filename="civic_donnees_ouvertes.csv"'
    return Response(body, media_type=MEDIA_TYPE, headers={**KEPT, "Content-Disposition": name})


@router.get("/api/v1/open-data/schema.json", tags=["reports"], response_class=Response)
async def schema() -> Response:
    """The Table Schema of the file."""
    return JSONResponse(table_schema(), headers=KEPT)


def table_schema() -> dict[str, Any]:
    """As frictionless reads it; the rules of suppression are in the descriptions."""
    fields = [
        _field("period", "string", _("Un trimestre terminé, comme 2026-T3."), pattern=r"\d{4}-T[1-4]"),
        _field("first_day", "date", _("Premier jour du trimestre.")),
        _field("last_day", "date", _("Dernier jour du trimestre.")),
        _field("measure", "string", _("Rencontres notées, ou personnes rencontrées."), enum=["encounters", "people"]),
        _field("breakdown", "string", _("Ce que compte la ligne : un total ou une seule répartition."), enum=CUTS),
        _field("key", "string", _("Le code du lieu, du thème, du mois…")),
        _field("label", "string", _("Le même en français.")),
        {
            "name": "value",
            "type": "integer",
            "title": _("Valeur"),
            "description": _(RULE),
            "constraints": {"minimum": 5},
        },
    ]
    return {"fields": fields, "missingValues": [""], "primaryKey": ["period", "measure", "breakdown", "key"]}


CUTS = ["total", "month", "intermunicipality", "feeling", "referral", "site", "pillar", "topic", "age"]
RULE = N_(
    "Vide quand le nombre est inférieur à 5 (à 11 pour un thème sensible, comme l’accès à la santé, et l’orientation "
    "vers les soins), "
    "ou quand il permettrait d’en retrouver un par soustraction."
)


def _field(name: str, kind: str, description: str, **constraints: Any) -> dict[str, Any]:
    title = next(_(column.label) for column in COLUMNS if column.code == name)
    return {
        "name": name,
        "type": kind,
        "title": title,
        "description": description,
        "constraints": {"required": True, **constraints},
    }


@router.get("/chiffres", include_in_schema=False)
async def page(request: Request, session: Session, user: MaybeUser) -> Response:
    """The last year's quarters, in a few fixed tables."""
    found = await _published(request, session)
    shown = found._replace(quarters=found.quarters[-SHOWN_QUARTERS:])
    context = {"quarters": shown.quarters, "fixed": _tables(shown), "rule": _(RULE)}
    return render(request, "reports/public.html", context)


def _tables(found: Published) -> list[tuple[str, str, list[list[Any]]]]:
    """(anchor, title, rows): a row is a label and one value for each quarter, "" where its topic did not exist."""
    titles = {
        "total": N_("Rencontres"),
        "intermunicipality": N_("Par agglomération"),
        "site": N_("Par site"),
        "pillar": N_("Par pilier"),
        "topic": N_("Par thème"),
        "feeling": N_("Ressenti"),
        "referral": N_("Orientation"),
        "age": N_("Âge estimé des personnes rencontrées"),
    }
    places = {quarter.name: place for place, quarter in enumerate(found.quarters, 1)}
    lines: dict[str, dict[str, list[Any]]] = {cut: {} for cut in titles}
    for row in rows(found):
        if row.breakdown in lines and (row.measure, row.breakdown) != ("people", "total"):
            line = lines[row.breakdown].setdefault(row.key, [row.label, *("" for _quarter in places)])
            line[places[row.period]] = row.value
    return [(cut, _(title), list(lines[cut].values())) for cut, title in titles.items()]
