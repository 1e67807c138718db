"""A closure that comes back, at one site or at many: whom its days cost a place, then done in one go, or taken back."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import breaks, waitlist
from civic.bookings.breaks import Broken
from civic.bookings.closing import Span, broken_on, hold_and_check, touched
from civic.bookings.steps import hold
from civic.bookings.values import ShiftFacts
from civic.errors import Refusal
from civic.i18n import _
from civic.sites import actions as sites
from civic.sites.models import Site
from civic.sites.queries import may_edit
from civic.sites.recurrence import Recurrence, days_to_close


def _spans(days: Sequence[date]) -> list[Span]:
    return [(day, day) for day in days]


async def preview(
    session: AsyncSession, places: Sequence[Site], days: Sequence[date], reason: str
) -> tuple[list[ShiftFacts], list[Broken]]:
    """The coming shifts on a rule's days, soonest first, and the places that would end."""
    found = await touched(session, [site.id for site in places], _spans(days))
    ordered = sorted(found.values(), key=lambda one: (one.times.starts_at, one.id))
    return ordered, await broken_on(session, found, reason)


async def close_by_rule(
    session: AsyncSession,
    *,
    by: User,
    places: Sequence[Site],
    recurrence: Recurrence,
    reason: str,
    accepted: Collection[UUID] = (),
) -> int:
    """Close some sites on every day that a rule names; returns how many places ended. The same again ends none.

    Raises Refusal: of `days_to_close`, `site_out_of_scope`, and `breaks_bookings` for a place that was not accepted.
    """
    days = days_to_close(recurrence, clock.today())
    if not places or not all(may_edit(by, site) for site in places):
        raise Refusal("site_out_of_scope", _("Un de ces lieux n’est pas dans votre périmètre."), field="sites")
    broken = await hold_and_check(session, [site.id for site in places], _spans(days), reason, accepted)
    for site in places:
        await sites.add_rule(session, site, recurrence, days, reason, by=by)
    return await breaks.end_all(session, by=by, broken=broken)


async def end_rule(session: AsyncSession, *, by: User, site: Site, rule_id: UUID, day: date) -> None:
    """Open a site again on a rule's days from one on; its queues are judged again. Days past stay. Raises NotFound."""
    rule = await sites.find_rule(session, site, rule_id)
    first = max(day, clock.today())
    freed = Recurrence.of(rule.rule, rule.starts_on).days(first)
    shift_ids = set(await touched(session, [site.id], _spans(freed)))
    await hold(session, shift_ids, ())
    await sites.end_rule(session, site, rule, first, by=by)
    await session.flush()
    await waitlist.replay(session, shift_ids)
