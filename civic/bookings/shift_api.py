"""Shifts in the JSON interface: list, show, plan, edit, publish, cancel."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.bookings import cancelling, changes, queries
from civic.bookings.access import PlannedShift, VisibleShift
from civic.bookings.listing import Seen, default_days, see
from civic.bookings.queries import ShiftFilters
from civic.bookings.schemas import CancellationIn, ShiftIn, ShiftOut, ShiftPatch, ShiftQuery
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Answer, Invalid
from civic.i18n import _
from civic.schema import Items, Nothing, decode_cursor, encode_cursor, unknown_cursor
from civic.shifts import actions as shift_actions
from civic.shifts.values import ShiftValues

router = APIRouter(prefix="/api/v1", tags=["shifts"])
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


@router.get("/shifts")
async def list_shifts(query: Annotated[ShiftQuery, Query()], user: CurrentUser, session: Session) -> Items[ShiftOut]:
    """Shifts by start: published ones for volunteers, drafts and cancelled ones too for those who plan or read."""
    if query.from_ and query.to and query.to < query.from_:
        raise Invalid({"to": _("La fin de la période vient avant son début.")})
    first, last = default_days(query.from_, query.to)
    filters = ShiftFilters(
        first=first,
        last=last,
        site=query.site,
        intermunicipality=query.intermunicipality,
        pillar=query.pillar,
        mission=query.mission,
        states=("published",) if user.role == "volunteer" or query.bookable else ("draft", "published", "cancelled"),
        scope=user.scope_codes if user.role == "coordinator" else frozenset(),
    )
    after = _after(query.cursor)
    # Only the judge knows what is bookable, so that list is cut after it.
    wanted = None if query.bookable is not None else query.limit + 1
    shifts = await queries.list_shifts(session, filters, after=after, limit=wanted)
    seen = (await see(session, user, shifts)).seen
    if query.bookable is not None:
        seen = [one for one in seen if one.bookable == query.bookable]
    page, more = seen[: query.limit], len(seen) > query.limit
    cursor = _cursor(page[-1].shift) if more else None
    return Items(items=[_out(one) for one in page], next_cursor=cursor)


@router.get("/shifts/{shift_id}")
async def show_shift(shift: VisibleShift, user: CurrentUser, session: Session, response: Response) -> ShiftOut:
    return await _answer(session, user, shift.id, response)


@router.post("/shifts", status_code=201)
async def create_shift(
    body: ShiftIn, user: CoordinatorUser, session: Session, response: Response, key: Key = None
) -> ShiftOut:
    """Plan a shift; `Idempotency-Key` makes a replay answer the same shift."""
    shift = await shift_actions.create(
        session, by=user, values=body.values(), publish=body.state == "published", key=key
    )
    response.headers["Location"] = f"/api/v1/shifts/{shift.id}"
    return await _answer(session, user, shift.id, response)


def version_read(shift: PlannedShift, if_match: Annotated[str | None, Header(max_length=500)] = None) -> int | None:
    """The version that the caller read, None for any (`*`). A dependency, so that it is asked for before the body is
    judged: who has read nothing is told so first.
    """
    if if_match is None:
        message = _("Envoyez If-Match avec l’ETag lu, pour ne pas effacer le travail d’un autre.")
        raise Answer(428, "precondition_required", message)
    if not _matches(if_match, shift.version):
        raise Answer(412, "stale", _("Quelqu’un a modifié ce créneau entre-temps. Relisez-le puis recommencez."))
    return None if if_match.strip() == "*" else shift.version


@router.patch("/shifts/{shift_id}")
async def edit_shift(
    shift: PlannedShift,
    version: Annotated[int | None, Depends(version_read)],
    body: ShiftPatch,
    user: CurrentUser,
    session: Session,
    response: Response,
) -> ShiftOut:
    """Change a shift; a change that breaks bookings needs `confirm`."""
    values = body.over(values_of(shift))
    await changes.edit_shift(session, by=user, shift_id=shift.id, values=values, version=version, confirm=body.confirm)
    return await _answer(session, user, shift.id, response)


@router.post("/shifts/{shift_id}/publication")
async def publish_shift(
    shift: PlannedShift, user: CurrentUser, session: Session, response: Response, _body: Nothing | None = None
) -> ShiftOut:
    await shift_actions.publish(session, by=user, shift_id=shift.id)
    return await _answer(session, user, shift.id, response)


@router.post("/shifts/{shift_id}/cancellation")
async def cancel_shift(
    shift: PlannedShift, body: CancellationIn, user: CurrentUser, session: Session, response: Response
) -> ShiftOut:
    """Call a shift off; everybody booked or waiting is told by mail with the reason."""
    await cancelling.cancel_shift(session, by=user, shift_id=shift.id, reason=body.reason.strip())
    return await _answer(session, user, shift.id, response)


def values_of(shift: ShiftFacts) -> ShiftValues:
    """A shift's present values, to change some of them."""
    return ShiftValues(
        mission_id=shift.mission_id,
        site_id=shift.site_id,
        starts_at=shift.times.starts_at,
        ends_at=shift.times.ends_at,
        capacity=shift.capacity,
        min_staff=shift.min_staff,
        break_minutes=shift.times.break_minutes,
    )


def etag(version: int) -> str:
    return f'"{version}"'


def _matches(if_match: str, version: int) -> bool:
    given = [one.strip().removeprefix("W/") for one in if_match.split(",")]
    return "*" in given or etag(version) in given


async def _answer(session: AsyncSession, user: User, shift_id: UUID, response: Response) -> ShiftOut:
    shift = (await queries.shift_facts(session, [shift_id]))[shift_id]
    response.headers["ETag"] = etag(shift.version)
    return _out((await see(session, user, [shift])).seen[0])


def _out(seen: Seen) -> ShiftOut:
    return ShiftOut.of(seen.shift, seen.crowd, seen.mine, seen.refusals, seen.warnings)


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        moment = datetime.fromisoformat(key[0])
        if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
            raise ValueError
        return moment, UUID(key[1])
    except ValueError:
        raise unknown_cursor() from None


def _cursor(shift: ShiftFacts) -> str:
    return encode_cursor(shift.times.starts_at.isoformat(), str(shift.id))
