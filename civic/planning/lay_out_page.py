"""The page that lays lines out on other weeks, every day of each seen first; a copied week and a template share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.models import User
from civic.formats import week_range
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.planning import weeks
from civic.shifts import templates
from civic.shifts.recurrence import Skips
from civic.shifts.templates import Laid, WeekLine
from civic.templating import query
from civic.web import redirect, render

# How far ahead a week may be laid out, and how many at once.
AHEAD, AT_ONCE = 26, 12


@dataclass(frozen=True, slots=True)
class Target:
    """One week with what the lines become there."""

    monday: date
    laid: list[Laid]

    @property
    def made(self) -> int:
        return sum(not one.skipped for one in self.laid)


def choices() -> list[tuple[str, str]]:
    """The coming weeks, by code."""
    monday = clock.monday(clock.today())
    coming = [monday + weeks.WEEK * number for number in range(AHEAD)]
    text = _("Semaine %(number)s, %(days)s")
    return [(weeks.code(one), text % {"number": weeks.number(one), "days": week_range(one)}) for one in coming]


def begun(after: date, **values: object) -> Form:
    """A form that skips closed days and holidays; the week after is ticked, the present one's at the earliest."""
    following = max(after, clock.monday(clock.today())) + weeks.WEEK
    return Form.filled(vers=[weeks.code(following)], skip_closures=True, skip_holidays=True, **values)


def _mondays(form: Form) -> list[date]:
    """The weeks that were ticked."""
    ticked = form.choices("vers", [code for code, _label in choices()], maximum=AT_ONCE)
    if not ticked and "vers" not in form.errors:
        form.fail("vers", _("Cochez au moins une semaine."))
    return sorted(monday for monday in map(weeks.parse, ticked) if monday)


async def answer(
    request: Request, session: AsyncSession, user: User, lines: Sequence[WeekLine], form: Form, shown: dict[str, Any]
) -> Response:
    """Show what would be made; make it when the form says so."""
    mondays = _mondays(form)
    if not form.ok:
        return page(request, form, lines, shown, status=422)
    skips = Skips(closures=form.checked("skip_closures"), holidays=form.checked("skip_holidays"))
    if form.get("state") != "draft":
        targets = [
            Target(one, await templates.lay_out(session, by=user, lines=lines, monday=one, skips=skips))
            for one in mondays
        ]
        return page(request, form, lines, shown, targets=targets)
    count = await templates.plan(session, by=user, lines=lines, mondays=mondays, skips=skips)
    week = f"/planning?semaine={weeks.code(mondays[0])}"
    if not count:
        return redirect(week, _("Rien à créer : tout y est déjà, ou chaque jour est sauté."), "info")
    text = ngettext("%(n)s brouillon enregistré.", "%(n)s brouillons enregistrés.", count) % {"n": count}
    drafts = "/planning/brouillons" + query({"du": mondays[0], "au": weeks.sunday(mondays[-1])})
    return redirect(week, text, link=(drafts, _("Les publier")))


def page(
    request: Request,
    form: Form,
    lines: Sequence[WeekLine],
    shown: dict[str, Any],
    *,
    targets: list[Target] | None = None,
    status: int = 200,
) -> Response:
    context = {
        "form": form,
        "count": len(lines),
        "choices": choices(),
        "targets": targets,
        "made": sum(one.made for one in targets or ()),
        **shown,
    }
    return render(request, "planning/lay_out.html", context, status=status)
