"""The verbs of a site: keep its notes right, close it for some days or again and again, and open it again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.clock import now
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.sites.models import ClosureRule, Site, SiteClosure
from civic.sites.recurrence import Recurrence


@dataclass(frozen=True, slots=True)
class Notes:
    """What the people on the ground know of a place; empty texts where nothing is known."""

    meeting_place: str
    access_notes: str
    safety_notes: str
    on_call_number: str


def update_notes(session: AsyncSession, site: Site, notes: Notes, *, by: User) -> None:
    """Keep what has changed, with the audit log told which notes did."""
    changed = [name for name, value in asdict(notes).items() if getattr(site, name) != value]
    for name in changed:
        setattr(site, name, getattr(notes, name))
    if changed:
        audit.record(session, by=by, verb="site.updated", subject=site, detail={"fields": changed})


def check_days(starts_on: date, ends_on: date) -> None:
    """Raises Refusal `days_in_order`."""
    if ends_on < starts_on:
        raise Refusal("days_in_order", _("Le dernier jour vient avant le premier."), field="ends_on")


async def add_closure(
    session: AsyncSession, site: Site, starts_on: date, ends_on: date, reason: str, *, by: User
) -> SiteClosure:
    """Close a site on local days, both included. The same closure again is the one that stands.

    Whom it costs a place is for `bookings.closing`, which calls this.
    """
    check_days(starts_on, ends_on)
    standing = await session.scalar(
        select(SiteClosure).where(
            SiteClosure.site_id == site.id,
            SiteClosure.starts_on == starts_on,
            SiteClosure.ends_on == ends_on,
            SiteClosure.reason == reason,
        )
    )
    if standing is not None:
        return standing
    closure = SiteClosure(site_id=site.id, starts_on=starts_on, ends_on=ends_on, reason=reason, created_by_id=by.id)
    session.add(closure)
    await session.flush()
    detail = {"site": site.id, "from": starts_on.isoformat(), "to": ends_on.isoformat(), "reason": reason}
    audit.record(session, by=by, verb="site.closed", subject=closure, detail=detail)
    return closure


async def find_closure(session: AsyncSession, site: Site, closure_id: UUID) -> SiteClosure:
    """Raises NotFound."""
    chosen = select(SiteClosure).where(SiteClosure.id == closure_id, SiteClosure.site_id == site.id)
    found: SiteClosure | None = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


async def remove_closure(session: AsyncSession, site: Site, closure_id: UUID, *, by: User) -> None:
    """Open a site again on a closure's days."""
    closure = await find_closure(session, site, closure_id)
    audit.record(session, by=by, verb="site.reopened", subject=closure, detail={"site": site.id})
    await session.delete(closure)


async def add_rule(
    session: AsyncSession, site: Site, recurrence: Recurrence, days: Sequence[date], reason: str, *, by: User
) -> ClosureRule:
    """Close a site on the days that a rule names, a row each. The same rule again is the one that stands."""
    same = select(ClosureRule).where(
        ClosureRule.site_id == site.id,
        ClosureRule.rule == recurrence.rule,
        ClosureRule.starts_on == recurrence.starts_on,
        ClosureRule.reason == reason,
        ClosureRule.ended_at.is_(None),
    )
    standing = await session.scalar(same)
    if standing is not None:
        return standing
    rule = ClosureRule(
        site_id=site.id, rule=recurrence.rule, starts_on=recurrence.starts_on, reason=reason, created_by_id=by.id
    )
    session.add(rule)
    await session.flush()
    session.add_all(
        SiteClosure(site_id=site.id, starts_on=day, ends_on=day, reason=reason, created_by_id=by.id, rule_id=rule.id)
        for day in days
    )
    await session.flush()
    detail = {"site": site.id, "reason": f"{recurrence.sentence()} ({reason})", "days": len(days)}
    audit.record(session, by=by, verb="site.rule_made", subject=rule, detail=detail)
    return rule


async def find_rule(session: AsyncSession, site: Site, rule_id: UUID) -> ClosureRule:
    """Raises NotFound."""
    found: ClosureRule | None = await session.scalar(
        select(ClosureRule).where(ClosureRule.id == rule_id, ClosureRule.site_id == site.id)
    )
    if found is None:
        raise NotFound
    return found


async def end_rule(session: AsyncSession, site: Site, rule: ClosureRule, day: date, *, by: User) -> None:
    """Take back a rule's days from one on; those before stay as they were."""
    rows = delete(SiteClosure).where(SiteClosure.rule_id == rule.id, SiteClosure.starts_on >= day)
    await session.execute(rows)
    rule.rule = Recurrence.of(rule.rule, rule.starts_on).ended(day).rule
    rule.ended_at = now()
    detail = {"site": site.id, "reason": rule.reason, "from": day.isoformat()}
    audit.record(session, by=by, verb="site.rule_ended", subject=rule, detail=detail)
