"""Whether the roll-ups say what the rows say: a report of all days, counted both ways from one snapshot."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.reports.counting import tally
from civic.reports.filters import Filters
from civic.reports.spans import rows_only

FIRST, LAST = date(1900, 1, 1), date(2100, 12, 31)


async def differences(session: AsyncSession) -> list[str]:
    """What differs, by the names of Tally; nothing: the roll-ups are right."""
    filters, now = Filters(from_=FIRST, to=LAST), clock.now()
    rolled = await tally(session, filters, now)
    counted = await tally(session, filters, now, rows_only(FIRST, LAST))
    return [name for name, value in vars(counted).items() if value != getattr(rolled, name)]
