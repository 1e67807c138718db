"""The mail that reminds somebody of their shift."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.alert_mails import Seat, facts_of
from civic.bookings.cards import countdown
from civic.bookings.rules import withdrawal_deadline
from civic.bookings.values import ShiftFacts
from civic.formats import first_name
from civic.outbox.preferences import tell


async def reminder(
    session: AsyncSession, user_id: UUID, seat: Seat, shift: ShiftFacts, partners: list[Seat], key: str
) -> None:
    """`key` names the booking and the lead time: the same one is never sent twice."""
    now = clock.now()
    facts = {
        "when": countdown(shift.times.starts_at, shift.times.ends_at, now),
        "partners": ", ".join(first_name(one.name) for one in partners),
        "late": now > withdrawal_deadline(shift),
    }
    await tell(
        session,
        user_id=user_id,
        to=seat.email,
        family="reminders",
        kind="reminder",
        template="reminder",
        context={**facts_of(shift, seat.name), **facts},
        dedupe=key,
    )
