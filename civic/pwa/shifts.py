"""A volunteer's own shifts of the days around today, as the phone needs them to fill in its forms by itself."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.bookings.models import Booking
from civic.encounters.account_ids import account_ids
from civic.encounters.after_shift import accounts_of, missed_by, said, when
from civic.encounters.lookups import local_days
from civic.encounters.models import Outing
from civic.encounters.pairs import pair_shift_ids
from civic.encounters.rules import WINDOW
from civic.encounters.tables import OUTINGS
from civic.shifts.models import Shift

AHEAD = timedelta(days=7)


async def around(session: AsyncSession, user: User) -> list[dict[str, Any]]:
    """From the oldest day that may still be written about to a week ahead, each with what its pair wrote about it."""
    first, end = clock.day_bounds(clock.today() - WINDOW, clock.today() + AHEAD)
    chosen = select(Shift).where(
        Shift.id.in_(pair_shift_ids(user.id)), Shift.state == "published", Shift.ends_at > first, Shift.starts_at < end
    )
    found = (await session.scalars(chosen.order_by(Shift.starts_at).options(joinedload(Shift.site)))).all()
    accounts = await accounts_of(session, [shift.id for shift in found])
    identifiers = await account_ids(session, [shift.id for shift in found])
    missed = set(await session.scalars(missed_by(user.id).where(Booking.shift_id.in_([shift.id for shift in found]))))
    return [
        {
            "id": str(shift.id),
            "site_id": shift.site_id,
            "site": shift.site.name,
            "starts_at": clock.local(shift.starts_at).isoformat(),
            "ends_at": clock.local(shift.ends_at).isoformat(),
            "days": sorted(day.isoformat() for day in local_days(shift.starts_at, shift.ends_at)),
            "when": when(shift),
            "missed": shift.id in missed,
            "outing_uuid": str(identifiers[shift.id]),
            "outing": _known(accounts[shift.id]) if shift.id in accounts else None,
        }
        for shift in found
    ]


def _known(outing: Outing) -> dict[str, Any]:
    """What the phone shows, and starts from when it corrects it with no network."""
    content = OUTINGS.content_of(outing)
    return {"uuid": str(outing.id), "version": outing.version, "said": said(outing), "content": content}
