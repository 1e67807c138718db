"""The missions that are open, for everybody."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from civic.db import Session
from civic.missions.queries import page_of_missions
from civic.schema import Items, Paging, Shown, decode_cursor, encode_cursor, unknown_cursor

router = APIRouter(prefix="/api/v1", tags=["missions"])


class MissionItem(Shown):
    id: UUID
    title: str
    pillar: str
    site_ids: list[str]
    description: str


class MissionQuery(Paging):
    pillar: Literal["rev3", "archipel_vert", "resilience"] | None = None


@router.get("/missions")
async def missions(session: Session, wanted: Annotated[MissionQuery, Query()]) -> Items[MissionItem]:
    """Missions that are not archived, by title; `pillar` is the mission's."""
    found = await page_of_missions(session, wanted.pillar, wanted.limit + 1, _after(wanted.cursor))
    page = found[: wanted.limit]
    items = [
        MissionItem(
            id=mission.id,
            title=mission.title,
            pillar=mission.pillar,
            site_ids=sorted(site.id for site in mission.sites),
            description=mission.description,
        )
        for mission in page
    ]
    more = len(found) > wanted.limit
    return Items(items=items, next_cursor=encode_cursor(page[-1].title, str(page[-1].id)) if more else None)


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        return key[0], UUID(key[1])
    except ValueError:
        raise unknown_cursor() from None
