"""One mail for a change that touches several places of one person: it lists them, with a calendar file for each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import outbox
from civic.bookings import invites
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


def _line(shift: ShiftFacts) -> dict[str, str]:
    hours = hour_range(shift.times.starts_at, shift.times.ends_at)
    return {"site": shift.site_name, "when": f"{day_long(shift.times.starts_at)}, {hours}"}


async def _calendar_files(session: AsyncSession, seats: Seats, person: Person) -> list[dict[str, Any]]:
    """A file per event: a mailbox reads one event of an invitation, not several."""
    files = []
    for number, (booking, shift) in enumerate(seats, start=1):
        for one in await invites.attached(session, booking, shift, person):
            files.append({**one, "name": one["name"].replace(".ics", f"-{number}.ics")})
    return files
