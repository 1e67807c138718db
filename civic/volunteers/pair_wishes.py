"""Whom to put on one shift, and whom never: coordinators keep it, volunteers are not told, the log names nobody."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.volunteers.models import PairWish


async def wishes_about(session: AsyncSession, volunteer_id: UUID) -> list[PairWish]:
    """Every wish that names somebody, oldest first."""
    chosen = select(PairWish).where(or_(PairWish.first_id == volunteer_id, PairWish.second_id == volunteer_id))
    return list(await session.scalars(chosen.order_by(PairWish.created_at, PairWish.id)))


def other_of(wish: PairWish, volunteer_id: UUID) -> UUID:
    return wish.second_id if wish.first_id == volunteer_id else wish.first_id


async def note_wish(session: AsyncSession, *, by: User, volunteer_id: UUID, other_id: UUID, kind: str) -> PairWish:
    """Keep a wish for two people; a new one for the same two replaces the old. Raises Refusal for one person twice."""
    if volunteer_id == other_id:
        raise Refusal("same_person", _("Choisissez une autre personne."), field="other_id")
    first, second = sorted((volunteer_id, other_id))
    chosen = select(PairWish).where(PairWish.first_id == first, PairWish.second_id == second).with_for_update()
    wish: PairWish | None = await session.scalar(chosen)
    if wish is not None and wish.kind == kind:
        return wish
    if wish is None:
        wish = PairWish(first_id=first, second_id=second, kind=kind, created_by_id=by.id)
        try:
            async with session.begin_nested():
                session.add(wish)
        except IntegrityError as error:
            text = _("Quelqu’un vient de noter un souhait pour ces deux personnes. Rechargez la page.")
            raise Refusal("wish_exists", text) from error
    else:
        wish.kind, wish.created_by_id = kind, by.id
    audit.record(session, by=by, verb="wish.noted", subject=wish)
    return wish


async def remove_wish(
    session: AsyncSession, *, by: User, volunteer_id: UUID, wish_id: UUID, visible: Collection[UUID]
) -> None:
    """Raises NotFound for a wish that names somebody else, or somebody out of sight."""
    wish = await session.get(PairWish, wish_id)
    if wish is None or volunteer_id not in (wish.first_id, wish.second_id):
        raise NotFound
    if other_of(wish, volunteer_id) not in visible:
        raise NotFound
    audit.record(session, by=by, verb="wish.removed", subject=wish)
    await session.delete(wish)
