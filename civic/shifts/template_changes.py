"""Changes to a week that was kept: its name, its lines one by one, and taking it out of the lists or back into them.

Everybody lays a template out on their own places. Its name and its place in the lists are for who made it or plans all
of its places; a line is for who made the template or plans the line's place. Each verb holds the template first, so
that two of them never work on what the other has just changed.
"""

import hashlib
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic import audit, clock
from civic.accounts.models import User
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.i18n import _
from civic.shifts import recurrence, rules
from civic.shifts.actions import check_pair
from civic.shifts.models import WeekTemplate, WeekTemplateLine
from civic.shifts.templates import WeekLine, as_line
from civic.sites.models import Site

MOST_LINES = 1_000


async def hold(session: AsyncSession, template_id: UUID) -> WeekTemplate:
    """The template and its lines, held until the commit. Raises NotFound."""
    chosen = select(WeekTemplate).where(WeekTemplate.id == template_id).with_for_update()
    # The row first: lines read before the wait would be those of before it.
    if await session.scalar(chosen.execution_options(populate_existing=True)) is None:
        raise NotFound
    again = select(WeekTemplate).where(WeekTemplate.id == template_id).options(selectinload(WeekTemplate.lines))
    return (await session.scalars(again.execution_options(populate_existing=True))).one()


async def _in_use(session: AsyncSession, template_id: UUID) -> WeekTemplate:
    template = await hold(session, template_id)
    if template.archived_at is not None:
        raise NotFound
    return template


async def check_line(session: AsyncSession, *, by: User, template: WeekTemplate, site_id: str) -> None:
    """Raises Forbidden when a line at this site is not theirs to change."""
    await _check_mine(session, by, template, {site_id})


async def check_whole(session: AsyncSession, *, by: User, template: WeekTemplate) -> None:
    """Raises Forbidden when the template is not theirs to rename, archive or restore."""
    await _check_mine(session, by, template, {one.site_id for one in template.lines})


async def _check_mine(session: AsyncSession, by: User, template: WeekTemplate, site_ids: Collection[str]) -> None:
    if template.created_by_id == by.id:
        return
    chosen = select(Site.intermunicipality_code).where(Site.id.in_(site_ids)).distinct()
    if not all(by.covers(code) for code in await session.scalars(chosen)):
        raise Forbidden(_("Ce modèle a des lieux hors de votre périmètre : son auteur peut le changer."))


async def rename(session: AsyncSession, *, by: User, template_id: UUID, name: str) -> None:
    """Give a template another name; the same again changes nothing. Raises NotFound, Forbidden."""
    template = await _in_use(session, template_id)
    await check_whole(session, by=by, template=template)
    if template.name != name:
        template.name = name
        audit.record(session, by=by, verb="template.changed", subject=template, detail={"name": name})


async def archive(session: AsyncSession, *, by: User, template_id: UUID) -> None:
    """Take a template out of the lists; what it laid out stays. Again changes nothing. Raises NotFound, Forbidden."""
    template = await hold(session, template_id)
    if template.archived_at is None:
        await check_whole(session, by=by, template=template)
        template.archived_at = clock.now()
        audit.record(session, by=by, verb="template.archived", subject=template, detail={"name": template.name})


async def restore(session: AsyncSession, *, by: User, template_id: UUID) -> None:
    """Back into the lists, by who may take it out. Raises NotFound, Forbidden."""
    template = await hold(session, template_id)
    await check_whole(session, by=by, template=template)
    if template.archived_at is not None:
        template.archived_at = None
        audit.record(session, by=by, verb="template.restored", subject=template, detail={"name": template.name})


def token(line: WeekLine) -> str:
    """Stands for a line as it was shown: a change made from it is refused when somebody else changed it meanwhile."""
    parts = [str(getattr(line, name)) for name in WeekLine.__slots__]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


async def add_line(session: AsyncSession, *, by: User, template_id: UUID, line_id: UUID, line: WeekLine) -> None:
    """One more shift in the template; the same id again changes nothing. Raises NotFound, Invalid and Forbidden."""
    template = await _in_use(session, template_id)
    if any(one.id == line_id for one in template.lines):
        return
    await _check(session, by, template, line, None)
    if len(template.lines) >= MOST_LINES:
        raise Refusal("template_full", _("Ce modèle est plein : %(n)s créneaux au plus.") % {"n": MOST_LINES})
    template.lines.append(WeekTemplateLine(id=line_id, **_columns(line)))
    audit.record(session, by=by, verb="template.changed", subject=template, detail={"name": template.name})


async def change_line(
    session: AsyncSession, *, by: User, template_id: UUID, line_id: UUID, line: WeekLine, seen: str
) -> None:
    """Make another shift of a line that was shown as `seen` (its token).

    Raises NotFound, Invalid, Forbidden; Refusal `line_gone` when it was removed meanwhile, `stale` when it was changed.
    """
    template = await _in_use(session, template_id)
    row = next((one for one in template.lines if one.id == line_id), None)
    if row is None:
        raise Refusal("line_gone", _("Cette ligne a été retirée entre-temps. Ajoutez-la de nouveau si elle manque."))
    await _check_mine(session, by, template, {row.site_id})
    stored = as_line(row)
    if stored == line:
        return
    if token(stored) != seen:
        raise Refusal("stale", _("Quelqu’un a changé cette ligne entre-temps. Relisez, puis enregistrez."))
    await _check(session, by, template, line, row)
    for name, value in _columns(line).items():
        setattr(row, name, value)
    audit.record(session, by=by, verb="template.changed", subject=template, detail={"name": template.name})


async def drop_line(session: AsyncSession, *, by: User, template_id: UUID, line_id: UUID) -> None:
    """Take one shift out of a template; again changes nothing. Raises NotFound, and Forbidden for another's place."""
    template = await _in_use(session, template_id)
    row = next((one for one in template.lines if one.id == line_id), None)
    if row is not None:
        await _check_mine(session, by, template, {row.site_id})
        template.lines.remove(row)
        audit.record(session, by=by, verb="template.changed", subject=template, detail={"name": template.name})


async def _check(
    session: AsyncSession, by: User, template: WeekTemplate, line: WeekLine, row: WeekTemplateLine | None
) -> None:
    """Place, hours and places of a line, judged on a week without a clock change; each shift of it stands once."""
    await check_pair(session, by=by, mission_id=line.mission_id, site_id=line.site_id)
    (one,) = recurrence.lay_out([clock.MONDAYS_WEEK[line.weekday]], line.starts, line.ends)
    found = rules.problems(
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        break_minutes=line.break_minutes,
        capacity=line.capacity,
        min_staff=line.min_staff,
    )
    others = {_moment(as_line(one)) for one in template.lines if one is not row}
    if _moment(line) in others:
        found.setdefault("starts_at", _("Ce créneau est déjà dans le modèle : changez plutôt ses places."))
    if found:
        raise Invalid(found)


def _moment(line: WeekLine) -> tuple[object, ...]:
    return line.mission_id, line.site_id, line.weekday, line.starts, line.ends


def _columns(line: WeekLine) -> dict[str, object]:
    return {
        "mission_id": line.mission_id,
        "site_id": line.site_id,
        "weekday": line.weekday,
        "starts_time": line.starts,
        "ends_time": line.ends,
        "capacity": line.capacity,
        "min_staff": line.min_staff,
        "break_minutes": line.break_minutes,
    }
