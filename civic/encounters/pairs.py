"""Who makes the pair of a shift or an outing, as selects."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, and_, exists, false, or_, select, true, update

from civic.accounts.models import User
from civic.bookings.models import WALK_IN, Attendance, Booking
from civic.encounters.models import ClosedPeriod, Encounter, Outing
from civic.sites.models import Site
from civic.volunteers.models import Volunteer


def of_the_pair() -> ColumnElement[bool]:
    """A confirmed place, or somebody who came without one and is noted present."""
    came = exists().where(Attendance.booking_id == Booking.id, Attendance.state == "present")
    return or_(Booking.state == "confirmed", and_(Booking.state == WALK_IN, came))


def pair_shift_ids(user_id: UUID) -> Select[tuple[UUID]]:
    """The shifts on which somebody is confirmed, or came: with the author, these people make the pair."""
    return (
        select(Booking.shift_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Volunteer.user_id == user_id, of_the_pair())
    )


def in_sight(row: type[Encounter] | type[Outing], user: User) -> ColumnElement[bool]:
    """Who may see an encounter or an outing, its site joined: a volunteer their own and those of their shifts, a
    coordinator their scope, a manager everything, nobody else anything."""
    if user.role == "volunteer":
        return or_(row.author_id == user.id, row.shift_id.in_(pair_shift_ids(user.id)))
    if user.role == "coordinator":
        scope = sorted(user.scope_codes)
        return Site.intermunicipality_code.in_(scope) if scope else true()
    return true() if user.role == "manager" else false()


def take_out_strangers(outing_ids: Collection[UUID]) -> Update:
    """Encounters may come before their outing, under a name that nobody could judge then: those of another pair are
    taken out of the outing once it is here. What their writer sent stays in the kept version; frozen days stay as
    they are.
    """
    theirs = (
        select(Booking.id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Booking.shift_id == Outing.shift_id, Volunteer.user_id == Encounter.author_id, of_the_pair())
        .correlate(Outing, Encounter)
    )
    ours = or_(Outing.author_id == Encounter.author_id, Outing.shift_id == Encounter.shift_id, theirs.exists())
    closed = exists().where(
        ClosedPeriod.reopened_at.is_(None), Encounter.date.between(ClosedPeriod.first_day, ClosedPeriod.last_day)
    )
    named = (Encounter.outing_id.in_(outing_ids), Encounter.author_id.is_not(None))
    mine = select(Outing.id).where(Outing.id == Encounter.outing_id, ours).correlate(Encounter).exists()
    change = update(Encounter).where(*named, ~mine, ~closed).values(outing_id=None)
    return change.execution_options(synchronize_session=False)
