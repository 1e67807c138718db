"""The mail that goes with each fact about a leave, in the same transaction."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import outbox
from civic.accounts.models import User
from civic.contracts.leave_rules import KIND_NAMES
from civic.contracts.models import Leave
from civic.formats import day_long, day_short
from civic.i18n import _


def context_of(leave: Leave, to: User) -> dict[str, Any]:
    """What every mail about a leave says of it."""
    return {
        "name": to.first_name,
        "kind": _(KIND_NAMES[leave.kind]),
        "days": _days(leave),
        "reason": leave.decision_reason,
    }


def _days(leave: Leave) -> str:
    if leave.starts_on == leave.ends_on:
        return day_long(leave.starts_on)
    values = {"first": day_short(leave.starts_on), "last": day_short(leave.ends_on), "year": leave.ends_on.year}
    return _("du %(first)s au %(last)s %(year)s") % values


async def _tell(
    session: AsyncSession, leave: Leave, to: User, fact: str, template: str, path: str, **more: Any
) -> None:
    await outbox.enqueue(
        session,
        to=to.email,
        kind=template,
        template=template,
        context={**context_of(leave, to), "path": path, **more},
        dedupe=f"leave:{leave.id}:{fact}:{to.id}",
    )


async def to_decide(session: AsyncSession, leave: Leave, asker: User, to: User) -> None:
    """A request waits for an answer: told to each of those who may give it."""
    await _tell(session, leave, to, "asked", "leave_asked", f"/conges/{leave.id}", who=asker.name)


async def refused(session: AsyncSession, leave: Leave, to: User) -> None:
    await _tell(session, leave, to, "refused", "leave_refused", "/conges")


async def approved(session: AsyncSession, leave: Leave, to: User, *, recorded: bool, freed: int, waits: int) -> None:
    """The volunteer's leave stands, `freed` seats and `waits` in a queue end with it; `recorded` when a coordinator
    wrote it down for them."""
    more = {"recorded": recorded, "freed": freed, "waits": waits}
    await _tell(session, leave, to, "approved", "leave_approved", "/conges", **more)


async def withdrawn(session: AsyncSession, leave: Leave, asker: User, to: User) -> None:
    """An approved leave won't be taken: told to those who counted on it."""
    await _tell(session, leave, to, "withdrawn", "leave_withdrawn", f"/conges/{leave.id}", who=asker.name)


async def taken_back(session: AsyncSession, leave: Leave, to: User) -> None:
    """A coordinator took back what one had written down for somebody."""
    await _tell(session, leave, to, "taken_back", "leave_taken_back", "/conges")


async def seats_freed(session: AsyncSession, leave: Leave, who: str, to: User, seats: list[dict[str, Any]]) -> None:
    """The shifts that somebody's leave leaves short, to a coordinator who staffs them, or to the tutor."""
    await _tell(session, leave, to, "freed", "leave_freed", f"/conges/{leave.id}", who=who, seats=seats)
