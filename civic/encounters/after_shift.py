"""After a shift: the question that its pair is asked, and what they wrote, once one of them has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock, formats
from civic.accounts.models import User
from civic.bookings.models import Attendance, Booking
from civic.encounters import codes
from civic.encounters.lookups import local_days
from civic.encounters.models import Outing
from civic.encounters.pairs import pair_shift_ids
from civic.encounters.rules import WINDOW
from civic.i18n import _, ngettext
from civic.shifts.models import Shift
from civic.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class AfterShift:
    """`asked` is the latest shift without its account, `others` how many more there are; `written` the account of the
    latest shift, so long as that ended today.
    """

    asked: Shift | None = None
    others: int = 0
    written: tuple[Shift, Outing] | None = None


async def after_shift(session: AsyncSession, user: User) -> AfterShift:
    now = clock.now()
    first, _end = clock.day_bounds(clock.today() - WINDOW, clock.today())
    chosen = (
        select(Shift)
        .where(Shift.id.in_(pair_shift_ids(user.id)), Shift.ends_at > first, Shift.ends_at <= now)
        .where(Shift.state == "published", Shift.id.not_in(missed_by(user.id)))
    )
    found = await session.scalars(chosen.order_by(Shift.ends_at.desc(), Shift.id).options(joinedload(Shift.site)))
    ended = found.all()
    return choose(ended, await accounts_of(session, [shift.id for shift in ended]), now)


def choose(ended: Sequence[Shift], accounts: dict[UUID, Outing], now: datetime) -> AfterShift:
    """`ended` comes latest first."""
    waiting = [shift for shift in ended if shift.id not in accounts]
    written = None
    if (
        ended
        and ended[0].id in accounts
        and clock.local(now).date() in local_days(ended[0].starts_at, ended[0].ends_at)
    ):
        written = (ended[0], accounts[ended[0].id])
    return AfterShift(waiting[0] if waiting else None, max(0, len(waiting) - 1), written)


def missed_by(user_id: UUID) -> Select[tuple[UUID]]:
    """The shifts to which somebody did not come: their account is for those who did."""
    return (
        select(Booking.shift_id)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Volunteer.user_id == user_id)
        .where(exists().where(Attendance.booking_id == Booking.id, Attendance.state != "present"))
    )


async def accounts_of(session: AsyncSession, shift_ids: Sequence[UUID]) -> dict[UUID, Outing]:
    """The account of each shift that has one; of two, the one that came first."""
    if not shift_ids:
        return {}
    chosen = select(Outing).where(Outing.shift_id.in_(shift_ids), Outing.voided_at.is_(None))
    found = (await session.scalars(chosen.order_by(Outing.received_at.desc(), Outing.id.desc()))).all()
    return {one.shift_id: one for one in found if one.shift_id}


def when(shift: Shift) -> str:
    """« lun. 23 nov., 14 h – 17 h »: it stays true on a page that a phone kept."""
    return f"{formats.day_short(shift.starts_at)}, {formats.hour_range(shift.starts_at, shift.ends_at)}"


def said(outing: Outing) -> str:
    """« 12 personnes abordées, 3 refus, temps : pluie, monde : calme »."""
    parts = []
    if outing.approached_count is not None:
        n = outing.approached_count
        parts.append(ngettext("%(num)s personne abordée", "%(num)s personnes abordées", n) % {"num": n})
    if outing.refused_count is not None:
        n = outing.refused_count
        parts.append(ngettext("%(num)s refus", "%(num)s refus", n) % {"num": n})
    for title, value, options in (
        (_("temps"), outing.weather, codes.WEATHERS),
        (_("monde"), outing.crowd, codes.CROWDS),
        (_("ambiance"), outing.ambience, codes.AMBIENCES),
    ):
        if value:
            parts.append(_("%(title)s : %(value)s") % {"title": title, "value": _(options[value]).lower()})
    return ", ".join(parts) or _("Rien d’autre à dire : c’est un résultat aussi.")
