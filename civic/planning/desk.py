"""What waits on a coordinator's desk beside the shifts, in one query: limits, leave, applications, mails, reports."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Date, Numeric, Select, Text, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.accounts.sight import Sight, sight_of
from civic.audit.models import AuditEvent
from civic.columns import ago
from civic.contracts.leave_queries import waiting as leave_waiting
from civic.contracts.limits import Setting
from civic.contracts.models import Leave, RuleSetting
from civic.db import plain_rows
from civic.missions.models import Application, Mission
from civic.missions.queries import in_scope as mission_in_scope
from civic.outbox.dead import SHOWN, given_up
from civic.outbox.models import OutboxMail
from civic.planning.queries import in_scope
from civic.planning.todo import Reported
from civic.sites.kinds import DANGER
from civic.sites.models import Site, SiteReport
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to

RECENT = timedelta(minutes=15)


@dataclass(slots=True)
class Desk:
    """Counts of what waits for an answer, dangers that nobody has read, and every dated limit."""

    leaves: int = 0
    applications: int = 0
    dead_mails: int = 0
    stamp: str = ""
    reported: int = 0
    dangers: list[Reported] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unreached:
    """Somebody whom a mail did not reach; the subject says what about."""

    volunteer_id: UUID
    name: str
    phone: str
    subject: str
    at: datetime


async def unreached(session: AsyncSession, user: User) -> list[Unreached]:
    """The dead mails to people in sight, newest first."""
    chosen = (
        visible_to(user)
        .join(User, User.id == Volunteer.user_id)
        .join(OutboxMail, OutboxMail.recipient == User.email)
        .where(given_up())
        .with_only_columns(Volunteer.id, User.name, Volunteer.phone, OutboxMail.subject, OutboxMail.dead_at)
        .order_by(OutboxMail.dead_at.desc(), OutboxMail.id)
        .limit(SHOWN)
    )
    return [Unreached(*row) for row in await session.execute(chosen)]


async def desk_of(session: AsyncSession, user: User) -> Desk:
    """One query. Dead mails are those to the people whom this coordinator may see."""
    found = Desk()
    for kind, parameter, value, valid_from in await plain_rows(session, _all(sight_of(user))):
        match kind:
            case "leaves":
                found.leaves = int(value)
            case "applications":
                found.applications = int(value)
            case "dead_mails":
                found.dead_mails = int(value)
            case "reported":
                found.reported = int(value)
            case "danger":
                report_id, _bar, site_name = parameter.partition("/")
                found.dangers.append(Reported(UUID(report_id), valid_from, site_name))
            case "changes":
                found.stamp = _stamp(parameter, value)
            case _:
                found.settings.append(Setting(parameter, None if value is None else float(value), valid_from))
    return found


async def stamp_of(session: AsyncSession) -> str:
    """What changes with every change that somebody made: a page that bears it knows whether it is still true."""
    _kind, latest, count, _day = (await session.execute(_CHANGES)).one()
    return _stamp(latest, count)


def _stamp(latest: str | None, count: Any) -> str:
    return f"{int(count)}.{''.join(filter(str.isdigit, latest or ''))}"


# The last event, and how many there were lately: one that was committed late has an earlier moment.
_CHANGES: Select[Any] = select(
    literal("changes", Text),
    cast(func.max(AuditEvent.at), Text),
    cast(func.count(AuditEvent.id), Numeric(8, 2)),
    cast(null(), Date),
).where(AuditEvent.at > ago(RECENT))


# Built once for each sight: building it takes longer than running it.
@lru_cache(maxsize=128)
def _all(sight: Sight) -> CompoundSelect[Any]:
    leaves = select(func.count(Leave.id)).where(leave_waiting(sight))
    applications = (
        select(func.count(Application.id))
        .join(Mission, Mission.id == Application.mission_id)
        .where(Application.state == "submitted", mission_in_scope(sight))
    )
    seen = visible_to(sight).join(User, User.id == Volunteer.user_id).with_only_columns(User.email)
    mails = select(func.count(OutboxMail.id)).where(given_up(), OutboxMail.recipient.in_(seen))
    settings = select(
        literal("setting", Text), cast(RuleSetting.parameter, Text), RuleSetting.value, RuleSetting.valid_from
    )
    unread = select(SiteReport).join(Site, Site.id == SiteReport.site_id)
    unread = unread.where(SiteReport.state == "new", in_scope(sight.scope_codes))
    which = cast(SiteReport.id, Text) + "/" + Site.name
    dangers = unread.with_only_columns(
        literal("danger", Text), which, cast(null(), Numeric(8, 2)), SiteReport.date
    ).where(SiteReport.kind == DANGER)
    reported = unread.with_only_columns(func.count(SiteReport.id)).where(SiteReport.kind != DANGER)
    counts = (_count("leaves", leaves), _count("applications", applications), _count("dead_mails", mails))
    return union_all(*counts, _count("reported", reported), dangers, _CHANGES, settings)


def _count(kind: str, counted: Select[tuple[int]]) -> Select[Any]:
    value = cast(counted.scalar_subquery(), Numeric(8, 2))
    return select(literal(kind, Text), literal("", Text), value, cast(null(), Date))
