"""The rows behind the figures of shifts and outings: the same conditions as the figures, and their sums beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.encounters.models import Outing
from civic.i18n import N_
from civic.missions.models import Mission
from civic.reports.conditions import of_outings, of_shifts
from civic.reports.filters import Filters
from civic.reports.queries import outing_sums, seat_sums, seats
from civic.reports.rollup_models import OUTING_COUNTS, SHIFT_COUNTS
from civic.reports.spans import Cut, Span
from civic.shifts.models import Shift
from civic.sites.models import Site

PAGE = 50
SHIFTS = {"tous": N_("Tous les créneaux finis"), "tenus": N_("Créneaux tenus"), "binome": N_("Tenus à deux ou plus")}
OUTINGS = {
    "toutes": N_("Toutes les sorties"),
    "abordees": N_("Qui disent combien de personnes"),
    "refus": N_("Qui disent aussi les refus"),
}


@dataclass(frozen=True)
class Rows:
    """A page of a list, how many rows there are in all, and the sums of all of them by the names of the counts."""

    rows: Sequence[Any]
    total: int
    sums: dict[str, int]


async def shifts(session: AsyncSession, filters: Filters, cut_off: datetime, which: str, number: int) -> Rows:
    """Those that the figures count, latest first: times, site, mission, seats, presences, hundredths of an hour."""
    found = seats(*of_shifts(filters), Shift.ends_at <= cut_off, *_nothing(filters))
    least = {"tous": 0, "tenus": 1, "binome": 2}[which]
    named = (
        select(found, Site.name.label("site"), Mission.title.label("mission"))
        .join(Site, Site.id == found.c.site_id)
        .join(Mission, Mission.id == found.c.mission_id)
        .where(found.c.there >= least)
        .order_by(found.c.starts_at.desc(), Site.name, Mission.title)
    )
    sums = select(*seat_sums(found)).where(found.c.there >= least)
    return await _page(session, named, sums, SHIFT_COUNTS, number)


async def outings(session: AsyncSession, filters: Filters, which: str, number: int) -> Rows:
    """Those that the figures count, latest first, with their site."""
    period = Span(filters.from_, filters.to)
    kept = [*of_outings(filters, Cut(period, (period,))), *_nothing(filters)]
    if which != "toutes":
        kept.append(Outing.approached_count.is_not(None))
    if which == "refus":
        kept.append(Outing.refused_count.is_not(None))
    named = (
        select(Outing.date, Outing.half_day, Outing.approached_count, Outing.refused_count, Site.name.label("site"))
        .join(Site, Site.id == Outing.site_id)
        .where(*kept)
        .order_by(Outing.date.desc(), Site.name, Outing.id)
    )
    return await _page(session, named, select(*outing_sums()).where(*kept), OUTING_COUNTS, number)


def _nothing(filters: Filters) -> list[Any]:
    """Under a topic or an age there is no figure of shifts, and no row behind it."""
    return [false()] if filters.met_only else []


async def _page(
    session: AsyncSession, named: Select[Any], sums: Select[Any], names: Sequence[str], number: int
) -> Rows:
    found = (await session.execute(sums)).one()
    counts = {name: int(value or 0) for name, value in zip(names, found, strict=True)}
    rows = (await session.execute(named.offset((number - 1) * PAGE).limit(PAGE))).all()
    return Rows(rows, counts[names[0]], counts)
