"""The one verb of the rules' numbers: give them other values from a day on. What held before that day stays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit, clock
from civic.accounts.models import User
from civic.contracts.limits import PARAMETERS, Setting, limits_on
from civic.contracts.models import RuleSetting
from civic.contracts.rulebook import out_of_order, shown
from civic.errors import Invalid, Refusal
from civic.i18n import _


async def set_values(
    session: AsyncSession, *, by: User, values: Mapping[str, float | None], valid_from: date
) -> list[RuleSetting]:
    """Give some parameters (of PARAMETERS, within their bounds) the values that hold from a day on.

    What would stand that day anyhow makes no row; a value already written for that very day is replaced, and the audit
    log keeps both. Raises Invalid by field: a day that is past, values that contradict one another, nothing new.
    """
    if valid_from < clock.today():
        raise Invalid({"valid_from": _("Ce jour est passé : choisissez aujourd’hui ou plus tard.")})
    rows = list(await session.scalars(select(RuleSetting).with_for_update()))
    standing = limits_on((_setting(row) for row in rows), valid_from)
    changed: dict[str, Any] = {name: value for name, value in values.items() if getattr(standing, name) != value}
    if not changed:
        raise Invalid({"": _("Rien ne change : ces valeurs valent déjà ce jour-là.")})
    wrong = out_of_order(replace(standing, **changed), changed)
    if wrong:
        raise Invalid(wrong)
    known = {row.parameter: row for row in rows if row.valid_from == valid_from}
    written = [known.get(name) or RuleSetting(parameter=name, valid_from=valid_from) for name in changed]
    try:
        async with session.begin_nested():
            for row in written:
                value = changed[row.parameter]
                row.value = None if value is None else Decimal(str(value))
                row.created_at, row.created_by_id = clock.now(), by.id
            session.add_all(written)
            await session.flush()
    except IntegrityError as error:
        raise Refusal("changed_meanwhile", _("Quelqu’un vient de changer cette règle. Rechargez la page.")) from error
    for row in written:
        _record(session, by, row, getattr(standing, row.parameter))
    return written


def _setting(row: RuleSetting) -> Setting:
    return Setting(row.parameter, None if row.value is None else float(row.value), row.valid_from)


def _record(session: AsyncSession, by: User, row: RuleSetting, before: float | None) -> None:
    after = None if row.value is None else float(row.value)
    detail = {
        "name": _("%(title)s, %(value)s au lieu de %(before)s")
        % {
            "title": _(PARAMETERS[row.parameter]["title"]),
            "value": shown(row.parameter, after),
            "before": shown(row.parameter, before),
        },
        "parameter": row.parameter,
        "value": after,
        "before": before,
        "valid_from": row.valid_from.isoformat(),
    }
    audit.record(session, by=by, verb="rule.changed", subject=row, detail=detail)
