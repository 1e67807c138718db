"""What a report on paper reads beside its figures: the texts of its period, approved quotes, the places of the map."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.reports.filters import Filters
from civic.reports.models import Quote, ReportText
from civic.reports.paper import Voice
from civic.sites.chart import Chart, chart
from civic.sites.models import Commune, Site


async def texts_of(session: AsyncSession, first: date, last: date) -> dict[str, str]:
    """The manager's words for exactly these days, by slot."""
    chosen = select(ReportText.slot, ReportText.text).where(ReportText.first_day == first, ReportText.last_day == last)
    return {slot: text for slot, text in await session.execute(chosen) if text}


async def voice_of(session: AsyncSession, filters: Filters) -> Voice:
    """Texts and the approved quotes of the months of a period. Both speak of the whole territory: a report that is
    narrowed to a part of it has neither.
    """
    if any(filters.shown.values()) or filters.scope:
        return Voice()
    chosen = (
        select(Quote.pillar, Quote.text)
        .where(Quote.month >= filters.from_.replace(day=1), Quote.month <= filters.to)
        .where(Quote.approved_at.is_not(None), Quote.withdrawn_at.is_(None))
        .order_by(Quote.month, Quote.approved_at, Quote.id)
    )
    quotes = [(pillar or "", text) for pillar, text in await session.execute(chosen)]
    return Voice(await texts_of(session, filters.from_, filters.to), quotes)


async def chart_of(session: AsyncSession, filters: Filters) -> Chart:
    """The places of the map, those of the filters alone."""
    communes, sites = select(Commune).order_by(Commune.insee), select(Site).order_by(Site.id)
    if filters.areas:
        communes = communes.where(Commune.intermunicipality_code.in_(sorted(filters.areas)))
        sites = sites.where(Site.intermunicipality_code.in_(sorted(filters.areas)))
    if filters.site:
        sites = sites.where(Site.id == filters.site)
    return chart((await session.scalars(communes)).all(), (await session.scalars(sites)).all())
