"""Encounters and outings in the JSON interface: batches from phones, the list, the cancellation."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from civic.accounts.current import VolunteerUser
from civic.db import Session
from civic.encounters import actions, corrections, queries
from civic.encounters.access import Reader, VisibleEncounter, reads_comment
from civic.encounters.actions import Result
from civic.encounters.queries import Filters
from civic.encounters.schemas import (
    EncounterBatch,
    EncounterOut,
    EncounterQuery,
    OutingBatch,
    ResultOut,
    ResultsOut,
    VoidIn,
    VoidOut,
)
from civic.schema import Items, day_key, encode_cursor

router = APIRouter(prefix="/api/v1", tags=["encounters"])


@router.post("/encounters")
async def log_encounters(body: EncounterBatch, user: VolunteerUser, session: Session) -> ResultsOut:
    """Take in up to 200 encounters; each is answered for itself, in order. Sending a batch again does nothing.

    It takes a confirmed address (else `client_uuid` is refused) and a contract on the day (else `date` is).
    """
    return _results(await actions.log_batch(session, by=user, records=body.encounters))


@router.post("/outings")
async def log_outings(body: OutingBatch, user: VolunteerUser, session: Session) -> ResultsOut:
    """The same for outings."""
    return _results(await actions.log_outings(session, by=user, records=body.outings))


@router.get("/encounters")
async def list_encounters(
    query: Annotated[EncounterQuery, Query()], user: Reader, session: Session
) -> Items[EncounterOut]:
    """By day: a volunteer's own and those of their shifts, a coordinator's scope, everything for a manager."""
    chosen = queries.narrowed(queries.visible_to(user), Filters(first=query.from_, last=query.to, site=query.site))
    found = await queries.after(session, chosen, day_key(query.cursor), query.limit + 1)
    shown = found[: query.limit]
    more = len(found) > query.limit
    items = [EncounterOut.of(row, with_comment=reads_comment(user, row)) for row in shown]
    return Items(items=items, next_cursor=encode_cursor(str(shown[-1].date), str(shown[-1].id)) if more else None)


@router.post("/encounters/{client_uuid}/void")
async def void(encounter: VisibleEncounter, user: Reader, session: Session, body: VoidIn | None = None) -> VoidOut:
    """Take an encounter out of every figure: the pair for 7 days, then a coordinator or manager with a reason. Again:
    the same.
    """
    reason = (body.reason or "").strip() if body else ""
    await corrections.void(session, by=user, row_id=encounter.id, reason=reason)
    return VoidOut(client_uuid=encounter.id, status="voided")


def _results(results: Sequence[Result]) -> ResultsOut:
    return ResultsOut(results=[ResultOut.model_validate(result) for result in results])
