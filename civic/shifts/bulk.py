"""Many shifts in one transaction, for an import or a series: a few inserts instead of thousands, and an event for each.

The caller has judged every one (rules.problems, the place, the scope); nobody is booked on those that are changed here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.clock import now
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Site

# A statement may hold some thousands of values on either engine.
CHUNK = 5_000
FIELDS = ShiftValues.__slots__


@dataclass(frozen=True, slots=True)
class Draft:
    """A shift to plan; `reference` is the name that a file gives it, `series_day` its day in the rule of a series."""

    values: ShiftValues
    publish: bool
    reference: str | None = None
    series_id: UUID | None = None
    series_day: date | None = None


async def lock_many(session: AsyncSession, shift_ids: Iterable[UUID]) -> dict[UUID, Shift]:
    """Shifts by id, held until the commit in the order of their ids as everybody does, some thousands at a time."""
    ids = sorted(set(shift_ids))
    found: dict[UUID, Shift] = {}
    for start in range(0, len(ids), CHUNK):
        chosen = select(Shift).where(Shift.id.in_(ids[start : start + CHUNK])).order_by(Shift.id).with_for_update()
        held = await session.scalars(chosen.execution_options(populate_existing=True))
        found.update({one.id: one for one in held})
    return found


async def publish_many(session: AsyncSession, *, by: User, shift_ids: Iterable[UUID]) -> list[UUID]:
    """Open those of some held shifts (`lock_many`) that are drafts still; returns them, each an event of its own."""
    chosen = select(Shift).where(Shift.id.in_(set(shift_ids)), Shift.state == "draft").order_by(Shift.id)
    drafts = list(await session.scalars(chosen.execution_options(populate_existing=True)))
    for shift in drafts:
        shift.state, shift.published_at = "published", now()
        shift.version += 1
        audit.record(session, by=by, verb="shift.published", subject=shift)
    await session.flush()
    return [one.id for one in drafts]


async def hold_sites(session: AsyncSession, site_ids: Iterable[str]) -> None:
    """Let nobody else plan many shifts at these sites until the commit: what is there already is then known."""
    chosen = select(Site.id).where(Site.id.in_(set(site_ids))).order_by(Site.id)
    await session.execute(chosen.with_for_update(key_share=True))


async def create_many(session: AsyncSession, *, by: User, drafts: Iterable[Draft]) -> list[UUID]:
    """Plan all of them; returns their ids in order."""
    shifts = [_made(one, by.id) for one in drafts]
    session.add_all(shifts)
    for shift in shifts:
        audit.record(session, by=by, verb="shift.created", subject=shift, detail={"state": shift.state})
    await session.flush()
    return [shift.id for shift in shifts]


def _made(draft: Draft, by_id: UUID | None) -> Shift:
    return Shift(
        id=uuid4(),
        **{name: getattr(draft.values, name) for name in FIELDS},
        state="published" if draft.publish else "draft",
        published_at=now() if draft.publish else None,
        reference=draft.reference,
        series_id=draft.series_id,
        series_day=draft.series_day,
        version=1,
        created_by_id=by_id,
    )


def change(session: AsyncSession, *, by: User, shift: Shift, values: ShiftValues, publish: bool) -> None:
    """Edit a held shift on which nobody is booked, and open it where `publish`; each is an event of its own."""
    changed = [name for name in FIELDS if getattr(shift, name) != getattr(values, name)]
    for name in changed:
        setattr(shift, name, getattr(values, name))
    if changed:
        shift.version += 1
        shift.detached = shift.detached or shift.series_id is not None
        audit.record(session, by=by, verb="shift.edited", subject=shift, detail={"changed": changed})
    if publish and shift.state == "draft":
        shift.state, shift.published_at = "published", now()
        shift.version += 1
        audit.record(session, by=by, verb="shift.published", subject=shift)


def name(session: AsyncSession, *, by: User, shift: Shift, reference: str) -> None:
    """Give a shift the name under which a file knows it; what people see of it stays, so the version does too."""
    shift.reference = reference
    audit.record(session, by=by, verb="shift.edited", subject=shift, detail={"changed": ["reference"]})
