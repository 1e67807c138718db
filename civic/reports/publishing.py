"""« Publier le bilan » freezes a report: a number, its words and figures, their hash, and the paper itself."""

import json
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock, pdf
from civic.accounts.models import User
from civic.audit import record as note
from civic.errors import Forbidden, Invalid
from civic.i18n import _
from civic.reports.filters import Filters
from civic.reports.models import Snapshot
from civic.reports.printing import content_of


def digest(content: dict[str, Any]) -> str:
    """The SHA-256 of the canonical JSON: keys in order, no space, UTF-8."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()


async def publish(session: AsyncSession, *, by: User, filters: Filters, audience: str) -> Snapshot:
    """Freeze the report of checked filters. Raises Invalid for a period that is not over, or can't be shared."""
    if by.role != "manager":
        raise Forbidden
    if filters.to >= clock.today():
        raise Invalid({"to": _("Cette période n’est pas terminée : publiez-la à partir du lendemain.")})
    if session.get_bind().dialect.name == "postgresql":
        # Numbers follow one another; two who publish at once take turns. SQLite has one writer anyway.
        await session.execute(text("LOCK TABLE report_snapshots IN SHARE ROW EXCLUSIVE MODE"))
    number = (await session.scalar(select(func.max(Snapshot.number))) or 0) + 1
    report, content = await content_of(session, filters, audience)
    content["number_line"] = _("Bilan n° %(number)s") % {"number": number}
    content["filters"] = {**filters.shown, "from": str(filters.from_), "to": str(filters.to)}
    snapshot = Snapshot(
        number=number,
        first_day=filters.from_,
        last_day=filters.to,
        audience=audience,
        cut_off=report.cut_off,
        row_count=report.now.encounters,
        content=content,
        sha256=digest(content),
        paper=await pdf.render(pdf.Bilan(content, report.cut_off)),
        published_by_id=by.id,
    )
    session.add(snapshot)
    await session.flush()
    detail = {"number": number, "version": audience, "from": str(filters.from_), "to": str(filters.to)}
    note(session, by=by, verb="report.published", subject=snapshot, detail=detail)
    return snapshot


def compared(first: dict[str, Any], second: dict[str, Any]) -> list[list[str]]:
    """The key figures of two published reports side by side: label, value in the one, value in the other."""
    one, other = ({row[0]: row[1] for row in content["figures"]} for content in (first, second))
    return [[label, one.get(label, "–"), other.get(label, "–")] for label in dict.fromkeys([*one, *other])]
