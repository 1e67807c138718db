"""The page of a site's closures, which several forms show again: coming, past, and rules said as sentences."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.forms import Form
from civic.i18n import _
from civic.sites.models import ClosureRule, Site, SiteClosure
from civic.sites.queries import closure_rules, closures_before, closures_from, may_edit
from civic.sites.recurrence import AHEAD, EVERY, WEEKDAYS, Recurrence
from civic.web import render

REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule as people say it, and its days that are still to come."""

    rule: ClosureRule
    sentence: str
    days: list[SiteClosure]


def rules_shown(rules: list[ClosureRule], coming: list[SiteClosure]) -> list[RuleShown]:
    """Those that still close a day."""
    found = []
    for rule in rules:
        days = [one for one in coming if one.rule_id == rule.id]
        if days:
            found.append(RuleShown(rule, Recurrence.of(rule.rule, rule.starts_on).sentence(), days))
    return found


def rule_choices() -> dict[str, Any]:
    """What the form of a rule offers."""
    return {
        "every": [(code, _(name)) for code, name in EVERY.items()],
        "weekdays": [(str(number), _(name)) for number, name in enumerate(WEEKDAYS)],
        "furthest": clock.today() + AHEAD,
        "reason_max": REASON_MAX,
    }


def rule_form() -> Form:
    """A rule before anything is typed: Sundays, from today on."""
    day = clock.today()
    return Form.filled(every="week", weekdays=["6"], first=day, until=day + timedelta(days=90))


async def page_of(
    request: Request, session: AsyncSession, site: Site, user: User, *, status: int = 200, **shown: Any
) -> Response:
    """`closure_form` and `rule_form` are the forms as typed."""
    day: date = clock.today()
    coming = await closures_from(session, site.id, day)
    context = {
        "site": site,
        "today": day,
        "alone": [one for one in coming if one.rule_id is None],
        "coming": coming,
        "rules": rules_shown(await closure_rules(session, site.id), coming),
        "past": await closures_before(session, site.id, day),
        "editable": may_edit(user, site) and site.archived_at is None,
        "closure_form": Form.filled(starts_on=day, ends_on=day),
        "rule_form": rule_form(),
        **rule_choices(),
        **shown,
    }
    return render(request, "sites/closures.html", context, status=status)
