"""One series as its coordinator sees it: the rhythm in words, and every shift that it made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.values import ShiftFacts
from civic.errors import Forbidden, NotFound
from civic.i18n import _
from civic.shifts import recurrence
from civic.shifts.models import Shift, ShiftSeries
from civic.sites.models import Site


@dataclass(frozen=True, slots=True)
class Made:
    """One shift of a series; `detached` says that it was edited by itself."""

    shift: ShiftFacts
    seated: int
    waiting: int
    detached: bool
    past: bool
    series_day: date


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """What templates/planning/series.html shows."""

    series: ShiftSeries
    site_name: str
    rhythm: str
    lines: Sequence[Made]
    # The series that this one was split from, and those split from it.
    before: UUID | None = None
    after: Sequence[UUID] = ()

    @property
    def coming(self) -> list[Made]:
        """Those that an edit or a cancellation may still reach."""
        return [one for one in self.lines if not one.past and one.shift.state != "cancelled"]


async def series_page(session: AsyncSession, user: User, series_id: UUID) -> SeriesPage:
    """Six queries, whatever the length. Raises NotFound, and Forbidden for a site out of scope."""
    series = await session.get(ShiftSeries, series_id)
    if series is None:
        raise NotFound
    site = await session.get_one(Site, series.site_id)
    if not user.covers(site.intermunicipality_code):
        raise Forbidden(_("Cette série est hors de votre périmètre."))
    chosen = select(Shift.id, Shift.detached, Shift.series_day).where(Shift.series_id == series_id)
    own = {row.id: row for row in await session.execute(chosen)}
    facts = await bookings.shift_facts(session, list(own))
    crowds = bookings.crowds(await bookings.live_bookings(session, shift_ids=list(own)) if own else [])
    now = clock.now()
    lines = [
        Made(
            one,
            len(crowds[one.id].seated),
            len(crowds[one.id].waiting),
            own[one.id].detached,
            one.times.starts_at <= now,
            own[one.id].series_day or one.times.day,
        )
        for one in sorted(facts.values(), key=lambda shift: (shift.times.starts_at, shift.id))
    ]
    split = select(ShiftSeries.id).where(ShiftSeries.split_from_id == series_id).order_by(ShiftSeries.first_day)
    after = list(await session.scalars(split))
    rhythm = recurrence.sentence(recurrence.read_rule(series.rule))
    return SeriesPage(series, site.name, rhythm, lines, series.split_from_id, after)
