"""The mails about a place that is missing somebody: to coordinators, to the partner, to those who may step in."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, outbox
from civic.accounts.models import User
from civic.bookings.values import Person, ShiftFacts
from civic.formats import day_long, first_name, hour_range
from civic.outbox.preferences import tell


@dataclass(frozen=True, slots=True)
class Seat:
    """A confirmed seat of somebody who has not said that they can't come."""

    booking_id: UUID
    volunteer_id: UUID
    name: str
    email: str
    minor: bool


def facts_of(shift: ShiftFacts, reader: str, *, planning: bool = False) -> dict[str, object]:
    """What mail/_shift shows; a coordinator is led to the planning, and needs no number to call."""
    return {
        "name": first_name(reader),
        "site": shift.site_name,
        "commune": shift.commune,
        "day": day_long(shift.times.starts_at),
        "hours": hour_range(shift.times.starts_at, shift.times.ends_at),
        "meeting_place": "" if planning else shift.meeting_place,
        "on_call_number": "" if planning else shift.on_call_number,
        "path": f"/planning/creneaux/{shift.id}" if planning else f"/creneaux/{shift.id}",
    }


async def absence(
    session: AsyncSession,
    user: User,
    shift: ShiftFacts,
    call_id: UUID,
    who: str,
    why: str,
    *,
    others: int,
    offered: bool,
) -> None:
    """To a coordinator: who can't come and the class of the reason, and what is done about it. Never muted."""
    facts = {
        "who": who,
        "why": why,
        "others": others,
        "offered": offered,
        "started": shift.times.starts_at <= clock.now(),
    }
    await outbox.enqueue(
        session,
        to=user.email,
        kind="absence",
        template="absence",
        context={**facts_of(shift, user.name, planning=True), **facts},
        dedupe=f"absence:{call_id}:{user.id}",
    )


async def partner(session: AsyncSession, seat: Seat, shift: ShiftFacts, call_id: UUID, who: str) -> None:
    """To whoever was to serve beside them: never the reason."""
    await outbox.enqueue(
        session,
        to=seat.email,
        kind="absence_partner",
        template="absence_partner",
        context={**facts_of(shift, seat.name), "who": first_name(who)},
        dedupe=f"absence:{call_id}:{seat.booking_id}",
    )


async def stand_in(session: AsyncSession, person: Person, shift: ShiftFacts, call_id: UUID) -> None:
    """To somebody who may take the place that is free."""
    await tell(
        session,
        user_id=person.user_id,
        to=person.email,
        family="stand_in",
        kind="stand_in",
        template="stand_in",
        context=facts_of(shift, person.name),
        dedupe=f"stand_in:{call_id}:{person.volunteer_id}",
    )


async def lone_minor(session: AsyncSession, user: User, shift: ShiftFacts, who: str, fact: str) -> None:
    """To coordinators and the tutor; never muted. `fact` tells one leaving from the next."""
    await outbox.enqueue(
        session,
        to=user.email,
        kind="lone_minor",
        template="lone_minor",
        context={**facts_of(shift, user.name, planning=True), "who": who},
        dedupe=f"lone_minor:{fact}:{user.id}",
    )


async def fragile_public(session: AsyncSession, tutor: User, shift: ShiftFacts, booking_id: UUID, who: str) -> None:
    """To the tutor of a minor who took a seat with a vulnerable public (MINOR_PUBLIC); never muted."""
    await outbox.enqueue(
        session,
        to=tutor.email,
        kind="fragile_public",
        template="fragile_public",
        context={**facts_of(shift, tutor.name, planning=True), "who": who},
        dedupe=f"fragile_public:{booking_id}:{tutor.id}",
    )


def pair_key(shift: ShiftFacts, step: str, user: User) -> str:
    """A shift that moves to another time is another fact."""
    return f"pair:{shift.id}:{shift.times.starts_at.isoformat()}:{step}:{user.id}"


async def short_pair(session: AsyncSession, user: User, shift: ShiftFacts, seats: list[Seat], step: str) -> None:
    limits = shift.limits
    facts = {
        "hours_left": int(limits.pair_alert_last if step == "last" else limits.pair_alert_hours),
        "names": ", ".join(one.name for one in seats),
        "count": len(seats),
        "minimum": shift.min_staff,
        "minor": any(one.minor for one in seats),
    }
    await tell(
        session,
        user_id=user.id,
        to=user.email,
        family="alerts",
        kind="pair_alert",
        template="pair_alert",
        context={**facts_of(shift, user.name, planning=True), **facts},
        dedupe=pair_key(shift, step, user),
    )
