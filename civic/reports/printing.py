"""A report as a PDF: read in one session, laid out beside the event loop."""

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, pdf
from civic.reports.activity import Activity, activity
from civic.reports.answer import scope_note
from civic.reports.filters import Filters
from civic.reports.paper import Content, internal
from civic.reports.paper_shared import diffusion, quarters_of
from civic.reports.reading import chart_of, voice_of
from civic.reports.shared import published


async def internal_content(session: AsyncSession, filters: Filters) -> tuple[Activity, Content]:
    """The whole report of checked filters, for the house."""
    report = await activity(session, filters)
    voice, chart = await voice_of(session, filters), await chart_of(session, filters)
    return report, internal(report, voice, chart, scope_note(report))


async def shared_content(session: AsyncSession, filters: Filters) -> tuple[Activity, Content]:
    """The version for diffusion. Raises Invalid for a period that is not made of published quarters."""
    found = await published(session, clock.today())
    quarters_of(filters, found)
    report = await activity(session, filters)
    voice, chart = await voice_of(session, filters), await chart_of(session, filters)
    return report, diffusion(report, voice, chart, found)


async def content_of(session: AsyncSession, filters: Filters, audience: str) -> tuple[Activity, Content]:
    if audience == "diffusion":
        return await shared_content(session, filters)
    return await internal_content(session, filters)


async def report_pdf(session: AsyncSession, filters: Filters, audience: str = "interne") -> bytes:
    """`interne`, or `diffusion`: suppressed, for the public."""
    report, content = await content_of(session, filters, audience)
    return await pdf.render(pdf.Bilan(content, report.cut_off))
