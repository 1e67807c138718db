"""One identifier for a shift's account of its outing, which the phones of its pair know before they lose the network.

Two accounts of one shift then meet as two versions of one, and the second writer is asked, where two identifiers would
count the outing twice. It is made with the server's own key, so that nobody outside the pair can take it first.
"""

import hmac
from collections.abc import Sequence
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.encounters.models import Outing
from civic.settings import settings

# As a name-based UUID would say of itself.
NAMED = 5


def account_id(shift_id: UUID, voided: int) -> UUID:
    """Of a shift with so many accounts that were voided: what is voided stays, and another may be written."""
    name = f"outing/{shift_id}/{voided}".encode()
    return UUID(bytes=hmac.digest(settings().secret_key.encode(), name, "sha256")[:16], version=NAMED)


async def account_ids(session: AsyncSession, shift_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The identifier under which the next account of each shift is to be written."""
    if not shift_ids:
        return {}
    chosen = select(Outing.shift_id, func.count()).where(Outing.shift_id.in_(shift_ids), Outing.voided_at.is_not(None))
    voided = {shift: number for shift, number in await session.execute(chosen.group_by(Outing.shift_id)) if shift}
    return {shift: account_id(shift, voided.get(shift, 0)) for shift in shift_ids}


async def first_id(session: AsyncSession, shift_id: str | None, given: UUID, *place: object) -> UUID:
    """Of an account that a form sends for the first time: its shift's; elsewhere the form's own, unless that is some
    shift's, since the place was changed in the form.
    """
    if shift_id:
        return (await account_ids(session, [UUID(shift_id)]))[UUID(shift_id)]
    return uuid5(given, "/".join(map(str, place))) if given.version == NAMED else given
