"""A shift of today that the cast's volunteer and colleague share, in a park of the CALL, and what they post."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.shifts.models import Shift
from civic.sites.models import Site
from tests.cast import Cast, make_cast
from tests.factories.encounters import make_topics
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_site

# 14 h 30 in Lens, a Monday.
NOON = "2026-11-23 13:30:00+00:00"
Browser = Callable[[str], Awaitable[httpx.AsyncClient]]


@dataclass
class Scene:
    cast: Cast
    site: Site
    elsewhere: Site
    shift: Shift


async def make_scene(session: AsyncSession) -> Scene:
    """Flushed; the caller commits. The shift began an hour and a half ago."""
    cast = await make_cast(session)
    await make_topics(session)
    site = await make_site(session, "base-11-19", name="Base 11/19")
    elsewhere = await make_site(session, "parc-henin", intermunicipality="CAHC", pillar="rev3")
    shift = await make_shift(session, clock.now() - timedelta(minutes=90), site=site)
    await make_booking(session, shift, cast.volunteer)
    await make_booking(session, shift, cast.colleague)
    return Scene(cast, site, elsewhere, shift)


def answers(scene: Scene, **changes: Any) -> dict[str, Any]:
    """What a browser posts from the form of an encounter."""
    return {
        "client_uuid": str(uuid4()),
        "site_id": scene.site.id,
        "date": clock.today().isoformat(),
        "half_day": "apres_midi",
        "age_lt12": "0",
        "age_25_59": "2",
        "topics": ["parks"],
        "feeling": "positif",
        "spot": "",
        "comment": "",
        **changes,
    }
