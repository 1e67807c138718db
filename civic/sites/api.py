"""The places, for everybody."""

from typing import Annotated

from fastapi import APIRouter, Query

from civic.db import Session
from civic.schema import Items, Paging, Shown, decode_cursor, encode_cursor
from civic.sites.queries import page_of_sites

router = APIRouter(prefix="/api/v1", tags=["sites"])


class SiteItem(Shown):
    id: str
    name: str
    commune: str
    insee: str
    intermunicipality: str
    pillar: str
    lat: float
    lon: float
    approximate: bool


@router.get("/sites")
async def sites(session: Session, paging: Annotated[Paging, Query()]) -> Items[SiteItem]:
    """Sites in use, by name. A point that is `approximate` may be a kilometre off."""
    found = await page_of_sites(session, paging.limit + 1, decode_cursor(paging.cursor, 2))
    page = found[: paging.limit]
    items = [
        SiteItem(
            id=site.id,
            name=site.name,
            commune=site.commune.name,
            insee=site.commune_insee,
            intermunicipality=site.intermunicipality_code,
            pillar=site.pillar,
            lat=site.lat,
            lon=site.lon,
            approximate=site.approximate,
        )
        for site in page
    ]
    more = len(found) > paging.limit
    return Items(items=items, next_cursor=encode_cursor(page[-1].name, page[-1].id) if more else None)
