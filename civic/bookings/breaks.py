"""Which booked places a change elsewhere would break, before it is saved: a contract, a closed site, a closed account.

Places that were in conflict already are left to « À traiter »: only what the change itself breaks is listed. A place in
a queue is judged again at the offer, so it stays, unless no later fact can help: the contract does not cover the day,
or the account is closed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries, rules
from civic.bookings.models import SEATED
from civic.bookings.release import release
from civic.bookings.values import Held, Person, ShiftFacts
from civic.errors import Finding, Refusal
from civic.i18n import _


@dataclass(frozen=True, slots=True)
class Broken:
    """One coming place, and the rule that would refuse it."""

    held: Held
    shift: ShiftFacts
    finding: Finding


async def coming(session: AsyncSession, volunteer_id: UUID) -> list[Held]:
    """Somebody's live places on shifts that have not begun, soonest first."""
    now = clock.now()
    held = await queries.live_bookings(session, volunteer_ids=[volunteer_id], since=now)
    found = [one for one in held if one.volunteer_id == volunteer_id and one.times.starts_at > now]
    return sorted(found, key=lambda one: (one.times.starts_at, one.booking_id))


async def of_person(session: AsyncSession, before: Person, after: Person) -> list[Broken]:
    """The places that somebody could keep as they were, and not as they would be."""
    now = clock.now()
    held = await queries.live_bookings(session, volunteer_ids=[before.volunteer_id], since=now - rules.HORIZON)
    ahead = sorted((one for one in held if one.times.starts_at > now), key=lambda one: one.times.starts_at)
    facts = await queries.shift_facts(session, {one.shift_id for one in ahead})
    found = []
    for one in ahead:
        shift = facts[one.shift_id]
        known = {verdict.code for verdict in rules.fitness(before, shift, held)}
        new = [verdict for verdict in rules.fitness(after, shift, held) if verdict.code not in known]
        if new and (one.state in SEATED or _uncovered(after, shift)):
            found.append(Broken(one, shift, new[0]))
    return found


def _uncovered(person: Person, shift: ShiftFacts) -> bool:
    contract = person.contract_on(shift.times.day)
    return contract is None or not contract.covers(shift.times.day)


def whole(
    held: Iterable[Held], facts: dict[UUID, ShiftFacts], finding: Callable[[ShiftFacts], Finding]
) -> list[Broken]:
    """Every one of these places, for the reason that `finding` gives."""
    return [Broken(one, facts[one.shift_id], finding(facts[one.shift_id])) for one in held]


def parse(packed: str) -> Collection[UUID]:
    """The bookings that a confirmation was shown for, as `pack` wrote them; what is no id is left out."""
    found = set()
    for part in packed.split(","):
        try:
            found.add(UUID(part))
        except ValueError:
            continue
    return found


def pack(broken: Iterable[Broken]) -> str:
    """For a hidden field of the confirmation."""
    return ",".join(str(one.held.booking_id) for one in broken)


def refuse_unseen(broken: Sequence[Broken], accepted: Collection[UUID]) -> None:
    """Nobody loses a place that whoever confirms has not been shown. Raises Refusal `breaks_bookings`."""
    if all(one.held.booking_id in accepted for one in broken):
        return
    listed: list[dict[str, Any]] = [
        {"booking_id": str(b.held.booking_id), "volunteer_id": str(b.held.volunteer_id), "code": b.finding.code}
        for b in broken
    ]
    message = _("Cette modification touche des réservations. Relisez la liste puis confirmez.")
    raise Refusal("breaks_bookings", message, extra={"affected": listed})


async def end_all(session: AsyncSession, *, by: User, broken: Iterable[Broken]) -> int:
    """End the places, each with its reason in the mail; returns how many ended. Their shifts are locked already."""
    by_reason: defaultdict[str, set[UUID]] = defaultdict(set)
    for one in broken:
        by_reason[one.finding.title].add(one.held.booking_id)
    ended = 0
    for reason, booking_ids in by_reason.items():
        ended += len(await release(session, by=by, booking_ids=booking_ids, reason=reason))
    return ended
