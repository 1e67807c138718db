"""The page of a place's life over time, for whoever reads reports and has it in scope."""

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from civic import clock, formats
from civic.accounts.current import ReaderUser
from civic.db import Session
from civic.errors import Forbidden
from civic.i18n import _
from civic.reports import topic_notes
from civic.reports.counting import first_day, topics_of
from civic.reports.page import Cone
from civic.reports.site_life import YEAR, Life, life_of, month_starts
from civic.sites.views import AnySite
from civic.web import render

router = APIRouter(include_in_schema=False)


@router.get("/sites/{site_id}/vie")
async def show(request: Request, site: AnySite, user: ReaderUser, session: Session) -> Response:
    """Twelve months, each beside the same one a year before; `?mois=2026-03` ends them earlier."""
    if user.role == "coordinator" and not user.covers(site.intermunicipality_code):
        raise Forbidden(_("Ce lieu est hors de votre périmètre."))
    last, present, now = _month(request), clock.today().replace(day=1), clock.now()
    start = await first_day(session)
    life = await life_of(session, site.id, last, now, start)
    changes = topic_notes.changes(await topics_of(session))
    first = life.months[0].first if life.months else last
    # A year before is shown where the data reach all of it.
    compared = start is not None and bool(life.before) and start <= life.before[0].first
    context = {
        "site": site,
        "life": life,
        "charts_of": _charts(life, compared),
        "compared": compared,
        "notes": topic_notes.notes(changes, first, clock.today(), None),
        "going_on": last == present,
        "labels": [_short(month.first, year=True) for month in life.months],
        "since": start if start and first <= start else None,
        "earlier": month_starts(last, YEAR + 1)[0] if start and start < first else None,
        "later": min(date(last.year + 1, last.month, 1), present) if last < present else None,
        "most": max((topic.total for topic in life.topics), default=0),
        "cut_off": clock.local(now),
    }
    return render(request, "reports/site_life.html", context)


def _month(request: Request) -> date:
    """The month of the address; what is none, or is to come, means the present one."""
    present = clock.today().replace(day=1)
    try:
        return min(date.fromisoformat(request.query_params.get("mois", "") + "-01"), present)
    except ValueError:
        return present


def _short(day: date, *, year: bool = False) -> str:
    """« nov. », or « nov. 2026 »."""
    name = formats.day_month(day).split(formats.NBSP)[1]
    return f"{name}{formats.NBSP}{day.year}" if year else name


def _charts(life: Life, compared: bool) -> list[tuple[str, str, str, list[Cone]]]:
    """(anchor, heading, sentence, cones) of each drawing."""
    made = []
    for name, title, said in (
        ("encounters", _("Rencontres par mois"), _("Rencontres par mois, de %(low)s à %(high)s.")),
        ("held", _("Créneaux tenus par mois"), _("Créneaux tenus par mois, de %(low)s à %(high)s.")),
    ):
        values = [getattr(month, name) for month in life.months] or [0]
        words = {"low": formats.number(min(values)), "high": formats.number(max(values))}
        alike = _("Les mêmes chiffres sont dans le tableau.")
        rows = [
            Cone(
                month.first,
                _short(month.first),
                formats.month(month.first),
                getattr(month, name),
                getattr(life.before[place], name) if compared else None,
            )
            for place, month in enumerate(life.months)
        ]
        made.append((name, title, f"{said % words} {alike}", rows))
    return made
