"""The verbs of announcements: announce to given people, read, remind, withdraw.

Who the readers of a shift or of a site are is found above (civic.planning.audience): here they are given.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.errors import NotFound
from civic.notices import queries, rules
from civic.notices.models import Announcement, AnnouncementReceipt
from civic.notices.rules import Message, Reader
from civic.outbox.actions import Draft, enqueue_all
from civic.outbox.preferences import stop_headers, stop_link, wishes_of

FAMILY = "news"


async def announce(session: AsyncSession, *, by: User, message: Message, readers: Sequence[Reader]) -> Announcement:
    """Write the announcement, a receipt for each reader and their mails; the same id again changes nothing."""
    found = await session.get(Announcement, message.id)
    if found is not None:
        return _own(found, by)
    listed = list({one.user_id: one for one in readers}.values())
    if refusal := rules.may_send(len(listed)):
        raise refusal
    made = Announcement(
        id=message.id,
        kind=message.kind,
        audience=message.audience,
        shift_id=message.shift_id,
        site_id=message.site_id,
        intermunicipality_code=message.intermunicipality,
        title=message.title,
        body=message.body,
        shown_until=message.shown_until,
        created_by_id=by.id,
    )
    try:
        async with session.begin_nested():
            session.add(made)
            await session.flush()
    except IntegrityError:
        # The same form, sent twice at once: the first of the two has written everything.
        return _own(await session.get_one(Announcement, message.id), by)
    receipts = [{"announcement_id": made.id, "user_id": one.user_id} for one in listed]
    await session.execute(insert(AnnouncementReceipt), receipts)
    audit.record(session, by=by, verb="announcement.sent", subject=made, detail={"told": len(listed)})
    await _write_to(session, made, listed, by, stoppable=message.stoppable, round_of="")
    return made


def _own(found: Announcement, by: User) -> Announcement:
    """Somebody else's id is not guessed: who brings one learns nothing of it."""
    if found.created_by_id != by.id:
        raise NotFound
    return found


async def _write_to(
    session: AsyncSession, made: Announcement, readers: Iterable[Reader], by: User, *, stoppable: bool, round_of: str
) -> None:
    """One mail to each confirmed address, in a few statements whatever their number."""
    reached = [one for one in readers if one.verified]
    if stoppable:
        wishes = await wishes_of(session, [one.user_id for one in reached])
        reached = [one for one in reached if wishes[one.user_id].wants(FAMILY)]
    await enqueue_all(session, [_draft(made, one, by, stoppable, round_of) for one in reached])


def _draft(made: Announcement, reader: Reader, by: User, stoppable: bool, round_of: str) -> Draft:
    context: dict[str, Any] = {
        "name": reader.name.split(" ")[0],
        "author": by.name,
        "title": made.title,
        "body": made.body,
        "paragraphs": rules.paragraphs(made.body),
        "safety": made.kind == "safety",
        "again": bool(round_of),
        "path": f"/annonces/{made.id}",
    }
    headers = {}
    if stoppable:
        context["stop_link"] = stop_link(reader.user_id, FAMILY)
        headers = stop_headers(reader.user_id, FAMILY)
    key = f"announcement-{made.id}-{reader.user_id}{round_of}"
    return Draft(reader.email, "announcement", "announcement", context, key, headers)


async def read(session: AsyncSession, *, by: User, announcement_id: UUID) -> None:
    """Note that somebody read what was sent to them; the first moment stays."""
    mine = (AnnouncementReceipt.announcement_id == announcement_id, AnnouncementReceipt.user_id == by.id)
    if await session.scalar(select(AnnouncementReceipt.user_id).where(*mine)) is None:
        raise NotFound
    unread = update(AnnouncementReceipt).where(*mine, AnnouncementReceipt.read_at.is_(None))
    await session.execute(unread.values(read_at=clock.now()))


async def remind(session: AsyncSession, *, by: User, announcement_id: UUID) -> int:
    """Write again to those who have not read a safety notice; returns how many they are."""
    made = await _locked(session, announcement_id)
    now = clock.now()
    unread = await queries.unread_readers(session, made.id)
    shown = rules.shown_on(clock.today(), made.shown_until, made.withdrawn_at is not None)
    last = await queries.last_reminder(session, made.id) or made.created_at
    refusal = rules.may_remind(made.kind, made.withdrawn_at is not None, shown, len(unread), last, now)
    if refusal:
        raise refusal
    audit.record(session, by=by, verb="announcement.reminded", subject=made, detail={"told": len(unread)})
    await _write_to(session, made, unread, by, stoppable=False, round_of=f"-{now:%Y%m%d%H%M}")
    return len(unread)


async def withdraw(session: AsyncSession, *, by: User, announcement_id: UUID) -> None:
    """Take an announcement out of the app; the mails that left can't be called back."""
    made = await _locked(session, announcement_id)
    if made.withdrawn_at is None:
        made.withdrawn_at = clock.now()
        audit.record(session, by=by, verb="announcement.withdrawn", subject=made)


async def _locked(session: AsyncSession, announcement_id: UUID) -> Announcement:
    found = await session.get(Announcement, announcement_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found
