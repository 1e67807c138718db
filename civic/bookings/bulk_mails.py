"""One mail for a change that touches several places of one person: it lists them, with a calendar file for each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import outbox
from civic.bookings import invites, mails
from civic.bookings.models import Booking
from civic.bookings.values import Person, ShiftFacts
from civic.formats import day_long, hour_range

Seats = Sequence[tuple[Booking, ShiftFacts]]


async def cancelled(session: AsyncSession, seats: Seats, person: Person, reason: str) -> None:
    """Several shifts of theirs are off, for one reason."""
    ordered = sorted(seats, key=lambda one: one[1].times.starts_at)
    await outbox.enqueue(
        session,
        to=person.email,
        kind="shift_cancelled",
        template="shifts_cancelled",
        context={"name": person.name.split(" ")[0], "shifts": [_line(one) for _seat, one in ordered], "reason": reason},
        dedupe=f"booking:{ordered[0][0].id}:shifts_cancelled",
        attachments=await _calendar_files(session, ordered, person),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one place of somebody: `outcome` is off (the shift is called off), else as in `mails.changed`."""

    booking: Booking
    before: ShiftFacts
    after: ShiftFacts | None
    person: Person
    outcome: str
    why: str = ""
    notices: Sequence[str] = field(default_factory=list)


async def changed(session: AsyncSession, news: Sequence[Change], reason: str) -> None:
    """Everything that an edit of several shifts does to one person, in one mail."""
    ordered = sorted(news, key=lambda one: (one.after or one.before).times.starts_at)
    first = ordered[0]
    if len(ordered) == 1 and first.after is None:
        await mails.cancelled(session, first.booking, first.before, first.person, reason)
        return
    files = await _calendar_files(session, [(one.booking, one.after or one.before) for one in ordered], first.person)
    version = (first.after or first.before).version
    await outbox.enqueue(
        session,
        to=first.person.email,
        kind="shift_changed",
        template="shifts_changed",
        context={
            "name": first.person.name.split(" ")[0],
            "places": [_changed_line(one) for one in ordered],
            "reason": reason,
        },
        dedupe=f"booking:{first.booking.id}:shifts_changed:{version}",
        attachments=files,
    )


def _changed_line(one: Change) -> dict[str, Any]:
    was, now = _line(one.before), _line(one.after or one.before)
    # One line for a place that stays as it was but for its seats.
    old = was if one.after is not None and was != now else None
    return {**now, "old": old, "outcome": one.outcome, "why": one.why, "notices": list(one.notices)}


def _line(shift: ShiftFacts) -> dict[str, str]:
    hours = hour_range(shift.times.starts_at, shift.times.ends_at)
    return {"site": shift.site_name, "when": f"{day_long(shift.times.starts_at)}, {hours}"}


async def _calendar_files(session: AsyncSession, seats: Seats, person: Person) -> list[dict[str, Any]]:
    """A file per event: a mailbox reads one event of an invitation, not several."""
    files = []
    facts = await invites.facts_told(session, [booking.id for booking, _shift in seats])
    for number, (booking, shift) in enumerate(seats, start=1):
        for one in await invites.attached(session, booking, shift, person, facts=facts[booking.id][0]):
            files.append({**one, "name": one["name"].replace(".ics", f"-{number}.ics")})
    return files
