"""What people add to reports: words heard, published reports, closed periods."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.encounters.models import ClosedPeriod
from civic.reports.models import Quote, Snapshot
from civic.reports.publishing import digest


async def make_quote(session: AsyncSession, author: User, approved: bool = False, **fields: Any) -> Quote:
    values = {"month": clock.today().replace(day=1), "pillar": "archipel_vert", "text": "On vient ici tous les jours."}
    quote = Quote(**{**values, **fields}, written_by_id=author.id, approved_at=clock.now() if approved else None)
    session.add(quote)
    await session.flush()
    return quote


async def make_snapshot(session: AsyncSession, number: int = 1, audience: str = "interne") -> Snapshot:
    content = {"period": "Du 1er au 31 oct. 2026", "badge": audience, "figures": [["Rencontres notées", str(number)]]}
    last = clock.today() - timedelta(days=1)
    snapshot = Snapshot(
        number=number,
        first_day=last,
        last_day=last,
        audience=audience,
        cut_off=clock.now(),
        row_count=number,
        content=content,
        sha256=digest(content),
        paper=b"%PDF-",
    )
    session.add(snapshot)
    await session.flush()
    return snapshot


async def make_closed(
    session: AsyncSession, first: date | None = None, last: date | None = None, reason: str = ""
) -> ClosedPeriod:
    """Closed, or opened again where a reason is given."""
    day = clock.today() - timedelta(days=1)
    period = ClosedPeriod(
        first_day=first or day, last_day=last or day, reopened_at=clock.now() if reason else None, reason=reason
    )
    session.add(period)
    await session.flush()
    return period
