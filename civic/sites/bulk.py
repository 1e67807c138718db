"""Sites made and changed from a file: every column that a file may hold, each with its event."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.sites.models import Site

FIELDS = (
    "name",
    "kind",
    "pillar",
    "commune_insee",
    "intermunicipality_code",
    "lat",
    "lon",
    "meeting_place",
    "access_notes",
    "safety_notes",
    "on_call_number",
)


async def create(
    session: AsyncSession, *, by: User, site_id: str, values: Mapping[str, Any], approximate: bool
) -> Site:
    """A new site; `approximate` says that its point is only its commune's. Writes with the session's next flush."""
    site = Site(id=site_id, approximate=approximate, **{name: values[name] for name in FIELDS if name in values})
    session.add(site)
    audit.record(session, by=by, verb="site.created", subject=site, detail={"name": site.name})
    return site


def change(session: AsyncSession, *, by: User, site: Site, values: Mapping[str, Any]) -> None:
    """Keep what differs; a point that was given is no longer approximate."""
    changed = [name for name in FIELDS if name in values and getattr(site, name) != values[name]]
    for name in changed:
        setattr(site, name, values[name])
    if {"lat", "lon"} & set(changed):
        site.approximate, site.coordinates_source, site.precision_m = False, "", None
    if changed:
        audit.record(session, by=by, verb="site.updated", subject=site, detail={"fields": changed})
