"""Announcements and who they were sent to."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.notices.models import Announcement, AnnouncementReceipt
from civic.sites.models import Site


async def make_announcement(
    session: AsyncSession, readers: Iterable[User], kind: str = "safety", site: Site | None = None, **fields: Any
) -> Announcement:
    """A safety notice to a site's volunteers, or to everyone without a site; nobody has read it."""
    values: dict[str, Any] = {
        "audience": "site" if site else "everyone",
        "site_id": site.id if site else None,
        "intermunicipality_code": site.intermunicipality_code if site else None,
        "title": "Chemin fermé",
        "body": "Passez par l’entrée nord.\n\nMerci.",
        **fields,
    }
    made = Announcement(kind=kind, **values)
    made.receipts = [AnnouncementReceipt(user_id=one.id) for one in readers]
    session.add(made)
    await session.flush()
    return made
