"""What people write into a report: the manager's texts for a period, and words heard, rewritten then approved."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.audit import record as note
from civic.encounters.detector import hints
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.i18n import _
from civic.reports.models import SLOTS, Quote, ReportText

LONGEST = 4000


async def set_text(session: AsyncSession, *, by: User, first: date, last: date, slot: str, text: str) -> None:
    """Put a text in its place for exactly these days; an empty one takes it away. Published reports keep theirs."""
    if by.role != "manager":
        raise Forbidden
    if slot not in SLOTS or last < first or len(text) > LONGEST:
        raise Invalid({slot: _("Ce texte est trop long, ou sa place n’existe pas.")})
    row = await session.get(ReportText, (first, last, slot), with_for_update=True)
    if text == (row.text if row else ""):
        return
    if row is None:
        row = ReportText(first_day=first, last_day=last, slot=slot, text="")
        session.add(row)
    row.text, row.updated_at, row.updated_by_id = text, clock.now(), by.id
    await session.flush()
    note(session, by=by, verb="report.text_changed", subject=_Named("report_texts", f"{first}:{last}:{slot}"))


class _Named:
    """A row whose key is made of several columns, for the log."""

    def __init__(self, table: str, key: str) -> None:
        self.__tablename__ = table
        self.id = key


async def write_quote(session: AsyncSession, *, by: User, month: date, pillar: str | None, text: str) -> Quote:
    """Words heard, rewritten. Raises Invalid where something in them may point to a person."""
    if by.role != "coordinator":
        raise Forbidden
    if found := hints(text):
        raise Invalid({"text": _("Ce texte désigne peut-être quelqu’un. Réécrivez-le : %(why)s") % {"why": found[0]}})
    if month > clock.today():
        raise Invalid({"month": _("Ce mois est à venir.")})
    quote = Quote(month=month.replace(day=1), pillar=pillar or None, text=text, written_by_id=by.id)
    session.add(quote)
    await session.flush()
    note(session, by=by, verb="quote.written", subject=quote)
    return quote


async def approve_quote(session: AsyncSession, *, by: User, quote_id: UUID) -> None:
    """From now on the quote may stand in the reports of its month. Again: nothing more happens."""
    quote = await _quote(session, by, quote_id, ("manager",))
    if quote.withdrawn_at:
        raise Refusal("quote_withdrawn", _("Cette parole a été retirée."))
    if quote.approved_at:
        return
    quote.approved_at, quote.approved_by_id = clock.now(), by.id
    note(session, by=by, verb="quote.approved", subject=quote)


async def withdraw_quote(session: AsyncSession, *, by: User, quote_id: UUID) -> None:
    """Out of every report to come, approved or not."""
    quote = await _quote(session, by, quote_id, ("manager", "coordinator"))
    if quote.withdrawn_at:
        return
    quote.withdrawn_at = clock.now()
    note(session, by=by, verb="quote.withdrawn", subject=quote)


async def _quote(session: AsyncSession, by: User, quote_id: UUID, roles: tuple[str, ...]) -> Quote:
    if by.role not in roles:
        raise Forbidden
    quote = await session.get(Quote, quote_id, with_for_update=True)
    if quote is None:
        raise NotFound
    if by.role == "coordinator" and quote.written_by_id != by.id:
        raise Forbidden
    return quote
