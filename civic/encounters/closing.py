"""Closing a reporting period freezes its encounters and outings, for everybody; opening it again takes a reason."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit import record as note
from civic.encounters.models import ClosedPeriod
from civic.errors import Forbidden, Invalid, NotFound
from civic.i18n import _


def check_span(first: date, last: date, today: date) -> None:
    """A period that is over. Raises Invalid by field."""
    if last < first:
        raise Invalid({"to": _("La fin de la période vient avant son début.")})
    if last >= today:
        raise Invalid({"to": _("Cette période n’est pas terminée : elle se clôt à partir du lendemain.")})


async def close(session: AsyncSession, *, by: User, first: date, last: date) -> ClosedPeriod:
    """Freeze a period. Again for the same days: nothing more happens."""
    if by.role != "manager":
        raise Forbidden
    check_span(first, last, clock.today())
    if session.get_bind().dialect.name == "postgresql":
        # Whoever is writing ends first; whoever comes later finds the period closed. SQLite has one writer anyway.
        await session.execute(text("LOCK TABLE closed_periods, encounters, outings IN SHARE ROW EXCLUSIVE MODE"))
    same = select(ClosedPeriod).where(ClosedPeriod.first_day == first, ClosedPeriod.last_day == last)
    known = await session.scalar(same.where(ClosedPeriod.reopened_at.is_(None)))
    if known:
        return known
    period = ClosedPeriod(first_day=first, last_day=last, closed_by_id=by.id)
    session.add(period)
    await session.flush()
    note(session, by=by, verb="period.closed", subject=period, detail={"from": str(first), "to": str(last)})
    return period


async def reopen(session: AsyncSession, *, by: User, period_id: UUID, reason: str) -> None:
    """Let the entries of a period change again. Raises Invalid without a reason."""
    if by.role != "manager":
        raise Forbidden
    period = await session.get(ClosedPeriod, period_id, with_for_update=True)
    if period is None:
        raise NotFound
    if not reason.strip():
        raise Invalid({"reason": _("Dites pourquoi : le motif est gardé avec la période.")})
    if period.reopened_at:
        return
    period.reopened_at, period.reopened_by_id, period.reason = clock.now(), by.id, reason.strip()
    detail = {"from": str(period.first_day), "to": str(period.last_day), "reason": period.reason}
    note(session, by=by, verb="period.reopened", subject=period, detail=detail)
