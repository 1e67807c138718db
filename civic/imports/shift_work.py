"""Write what a plan of shifts holds: many at once where nobody is booked, else through the verb that judges places."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.bookings import changes, steps
from civic.bookings.models import LIVE, Booking
from civic.errors import NotFound
from civic.imports.plan import Plan, Planned
from civic.imports.shift_plan import Edit
from civic.shifts import bulk
from civic.shifts.bulk import Draft
from civic.shifts.models import Shift
from civic.sites.models import Site


async def hold(session: AsyncSession, plan: Plan) -> bool:
    """Lock every shift that would change, with the people on it and what they wait for, and keep every place in use.

    Whether the lines have to be weighed again.
    """
    ids = [one.work.id for one in plan.lines if isinstance(one.work, Edit)]
    sites = {one.work.values.site_id for one in plan.lines if isinstance(one.work, Draft | Edit)}
    await bulk.hold_sites(session, sites)
    if not ids:
        gone = select(Site.id).where(Site.id.in_(sites), Site.archived_at.is_not(None)).limit(1)
        return await session.scalar(gone) is not None
    booked = [one.work.id for one in plan.lines if isinstance(one.work, Edit) and one.work.booked]
    on_them = select(Booking.volunteer_id).where(Booking.shift_id.in_(booked), Booking.state.in_(LIVE))
    people = set(await session.scalars(on_them)) if booked else set()
    waited = select(Booking.shift_id).where(Booking.volunteer_id.in_(people), Booking.state == "waitlisted")
    near = set(await session.scalars(waited)) if people else set()
    await bulk.lock_many(session, {*ids, *near})
    await steps.hold(session, {*booked, *near}, people)
    return True


async def apply(session: AsyncSession, by: User, lines: Sequence[Planned]) -> None:
    """Every line is created or changed, and weighed since the locks were taken."""
    drafts = [one.work for one in lines if isinstance(one.work, Draft)]
    if drafts:
        await bulk.create_many(session, by=by, drafts=drafts)
    edits = [one.work for one in lines if isinstance(one.work, Edit)]
    for edit in sorted(edits, key=lambda one: one.id):
        await _apply(session, by, edit)
    await session.flush()


async def _apply(session: AsyncSession, by: User, edit: Edit) -> None:
    shift = await _held(session, edit.id)
    moved = any(getattr(shift, name) != getattr(edit.values, name) for name in bulk.FIELDS)
    if edit.booked and moved:
        await changes.edit_shift(session, by=by, shift_id=edit.id, values=edit.values, version=None, confirm=False)
    elif not edit.booked:
        bulk.change(session, by=by, shift=shift, values=edit.values, publish=edit.publish)
    if edit.reference is not None:
        bulk.name(session, by=by, shift=shift, reference=edit.reference)


async def _held(session: AsyncSession, shift_id: UUID) -> Shift:
    shift = await session.get(Shift, shift_id)
    if shift is None:
        raise NotFound
    return shift
