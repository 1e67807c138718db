"""Editing and stopping a whole series under the people booked on it: everything that was shown, or nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.bookings import alerts, bulk_mails, cancelling, changes, series_judging, steps, waitlist
from civic.bookings.bulk_mails import Change
from civic.bookings.models import Booking
from civic.bookings.series_judging import FOLLOWING, DryRun, Edit, Outcome
from civic.errors import Forbidden, Refusal
from civic.i18n import _
from civic.shifts import series_plan, series_rows
from civic.shifts.actions import lock
from civic.shifts.bulk import Draft, create_many, lock_many
from civic.shifts.models import Shift, ShiftSeries
from civic.shifts.series_plan import ADDED, DROPPED

Rows = defaultdict[UUID, dict[UUID, Booking]]


async def edit_series(
    session: AsyncSession, *, by: User, series_id: UUID, edit: Edit, seen: str, reason: str = ""
) -> tuple[ShiftSeries, DryRun | None]:
    """Do what the dry run named `seen` showed; `reason` is told to the people. The same edit again changes nothing.

    « Celui-ci et les suivants » after the first day makes a second series. Returns the series that has the shifts now,
    and None where nothing was left to do. Raises Refusal `series_changed` when the dry run would show something else
    by now, and what a shift called off or an edit may raise; then nothing has changed.
    """
    row = await series_rows.held(session, by, series_id, edit.values.site_id)
    made = await session.get(ShiftSeries, edit.edit_id)
    if made is not None:
        return _own(made, by), None
    ids = await _in_play(session, row, edit)
    near = await cancelling.hold_many(session, ids)
    found = await series_judging.dry_run(session, by=by, row=row, edit=edit)
    if not found.changes and series_rows.values_of(row) == replace(found.values, first_day=row.first_day):
        return row, None
    if found.digest != seen:
        text = _("Ce que vous aviez vu a changé entre-temps. Relisez ce qui suit, puis confirmez.")
        raise Refusal("series_changed", text)
    reason = reason or _("La série de créneaux a changé.")
    news = await _call_off(session, by, found, reason)
    target = await _row_for(session, by, row, edit, found)
    news += await _rewrite(session, by, found)
    await _make(session, by, target, found, edit)
    for theirs in _by_person(news).values():
        await bulk_mails.changed(session, theirs, reason)
    detail = {"scope": edit.scope, "shifts": sum(one.changes for one in found.outcomes), "told": len(_by_person(news))}
    audit.record(session, by=by, verb="series.edited", subject=target, detail=detail)
    await session.flush()
    await waitlist.replay(session, sorted({*ids, *near}))
    for one in found.edited:
        assert one.judged is not None
        await alerts.left_alone(session, one.judged.after, [each.held.booking_id for each in one.judged.affected])
    return target, found


def _own(series: ShiftSeries, by: User) -> ShiftSeries:
    if series.created_by_id != by.id:
        raise Forbidden(_("Cette série est celle de quelqu’un d’autre."))
    return series


async def _in_play(session: AsyncSession, row: ShiftSeries, edit: Edit) -> list[UUID]:
    """The shifts that the edit may change."""
    there = await series_rows.placed(session, row.id, edit.since if edit.scope == FOLLOWING else row.first_day)
    now = clock.now()
    return [one.shift_id for one in there if not series_plan.left_alone(one, now, edit.take_apart)]


async def _row_for(session: AsyncSession, by: User, row: ShiftSeries, edit: Edit, found: DryRun) -> ShiftSeries:
    """The row that the shifts follow from now on: the same one, or its second half."""
    if edit.scope != FOLLOWING or edit.since <= row.first_day:
        series_rows.rewrite(row, found.values)
        return row
    return await series_rows.split(session, row, by, edit.edit_id, edit.since, found.values)


async def _call_off(session: AsyncSession, by: User, found: DryRun, reason: str) -> list[Change]:
    news = []
    for one in found.of_kind(DROPPED):
        assert one.before is not None
        for told in await cancelling.call_off(session, by, await lock(session, one.before.id), reason):
            news.append(Change(told.booking, told.shift, None, told.person, "off"))
    return news


async def _rewrite(session: AsyncSession, by: User, found: DryRun) -> list[Change]:
    """Room is made on every shift before any of them moves, and they move so that none passes through another."""
    rows = await _rows(session, found)
    for one in found.edited:
        assert one.judged is not None
        await changes.make_room(session, by, rows[one.judged.before.id], one.judged.affected)
    shifts = await lock_many(session, (one.before.id for one in found.edited if one.before))
    news = []
    for one in sorted(found.edited, key=_turn):
        assert one.judged is not None
        shift = shifts[one.judged.before.id]
        news += await _change(session, by, shift, one, rows[shift.id])
    return news


def _turn(one: Outcome) -> tuple[bool, float]:
    """Those that move later go first, the last of them before the others; then those that move sooner, in order."""
    assert one.judged is not None
    before, after = one.judged.before.times, one.judged.after.times
    later = after.starts_at > before.starts_at
    return not later, -before.starts_at.timestamp() if later else before.starts_at.timestamp()


async def _rows(session: AsyncSession, found: DryRun) -> Rows:
    """Everybody on the shifts that are edited, by shift; offers that are past are written down first."""
    taken = [one for one in found.edited if one.people]
    ids = [one.before.id for one in taken if one.before]
    if ids:
        await waitlist.expire_on(session, *ids)
        await waitlist.drop_overdue(session, {held.volunteer_id for one in taken for held in one.people})
    rows: Rows = defaultdict(dict)
    for booking in await steps.live_rows(session, *ids) if ids else ():
        rows[booking.shift_id][booking.id] = booking
    return rows


async def _change(
    session: AsyncSession, by: User, shift: Shift, one: Outcome, rows: dict[UUID, Booking]
) -> list[Change]:
    """Give one shift its new values and day; returns what its people hear."""
    assert one.values is not None
    assert one.judged is not None
    assert one.step.occurrence is not None
    changed = changes.apply(shift, one.values, apart=False)
    shift.series_day = one.step.occurrence.day
    await session.flush()
    judged = replace(one.judged, after=replace(one.judged.after, version=shift.version))
    changes.shorten_offers(rows, judged)
    audit.record(session, by=by, verb="shift.edited", subject=shift, detail={"changed": changed})
    people = judged.people
    return [
        Change(
            told.booking,
            judged.before,
            judged.after,
            people[told.booking.volunteer_id],
            told.outcome,
            told.why,
            told.notices,
        )
        for told in changes.told_of(rows, judged)
    ]


async def _make(session: AsyncSession, by: User, row: ShiftSeries, found: DryRun, edit: Edit) -> None:
    drafts = [
        Draft(one.values, edit.publish, series_id=row.id, series_day=one.step.occurrence.day)
        for one in found.of_kind(ADDED)
        if one.values and one.step.occurrence
    ]
    await create_many(session, by=by, drafts=drafts)


def _by_person(news: Iterable[Change]) -> dict[UUID, list[Change]]:
    found: dict[UUID, list[Change]] = {}
    for one in news:
        found.setdefault(one.person.volunteer_id, []).append(one)
    return found


async def stop_series(
    session: AsyncSession,
    *,
    by: User,
    series_id: UUID,
    since: date,
    shift_ids: Collection[UUID],
    reason: str,
    seen: Collection[UUID],
) -> int:
    """Call off the shifts of a series that were shown, and give it no more days from `since` on; one mail to each.

    Again, it changes nothing. Returns how many people are told. Raises Refusal `series_changed` when one of the
    shifts is not of this series any more, and what `cancel_many` raises.
    """
    row = await series_rows.held(session, by, series_id)
    members = {one.shift_id for one in await series_rows.placed(session, row.id, row.first_day)}
    if not set(shift_ids) <= members:
        raise Refusal("series_changed", _("Cette série a changé entre-temps. Relisez la liste, puis confirmez."))
    count = await cancelling.cancel_many(session, by=by, shift_ids=shift_ids, reason=reason, seen=seen)
    if series_rows.stop(row, since):
        detail = {"shifts": len(shift_ids), "told": count}
        audit.record(session, by=by, verb="series.stopped", subject=row, detail=detail)
    return count
