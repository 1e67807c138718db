"""What a list of encounters is asked for in its address."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.encounters import codes, queries
from civic.encounters.queries import Filters
from civic.forms import Form
from civic.i18n import N_, _
from civic.missions.models import Mission
from civic.sites.models import PILLARS

DEFAULT_DAYS = 28
# What has no select of its own: a report's figures lead here with it, and it is taken away by a link.
_MORE = {
    "half_day": codes.HALF_DAYS,
    "contact_origin": codes.CONTACT_ORIGINS,
    "origin_zone": codes.ORIGIN_ZONES,
}
_NAMES = {"half_day": N_("Demi-journée"), "contact_origin": N_("Premier pas"), "origin_zone": N_("Provenance")}


def read(request: Request) -> tuple[Form, Filters]:
    """The form of the filters and what it asks for: a day that is none is said, a code that names nothing filters
    nothing.
    """
    lists = {name: request.query_params.getlist(name) for name in request.query_params}
    today = clock.today()
    lists.setdefault("from", [(today - timedelta(days=DEFAULT_DAYS - 1)).isoformat()])
    lists.setdefault("to", [today.isoformat()])
    asked, loose = Form(lists), Form(lists)
    first, last = asked.date("from", required=False), asked.date("to", required=False)
    if first and last and last < first:
        asked.fail("to", _("La fin de la période vient avant son début."))
    return asked, Filters(
        first=first,
        last=last,
        site=_code(loose, "site"),
        intermunicipality=_code(loose, "intermunicipality"),
        pillar=loose.choice("pillar", PILLARS, required=False) or None,
        topic=_code(loose, "topic"),
        feeling=loose.choice("feeling", codes.FEELINGS, required=False) or None,
        status=loose.choice("status", (*codes.STATUSES, queries.COUNTED), required=False) or None,
        age=loose.choice("age", codes.AGES, required=False) or None,
        mission=loose.uuid("mission", required=False),
        **{
            name: loose.choice(name, (*options, queries.UNSAID), required=False) or None
            for name, options in _MORE.items()
        },
    )


def _choice(asked: Form, name: str, options: Mapping[str, str]) -> str | None:
    return asked.choice(name, (*options, queries.UNSAID), required=False) or None


async def more(session: AsyncSession, filters: Filters) -> dict[str, str]:
    """The filters without a select, in words."""
    found = {"age": _(codes.AGES[filters.age])} if filters.age else {}
    for name, options in _MORE.items():
        if value := getattr(filters, name):
            said = _("non précisé") if value == queries.UNSAID else _(options[value])
            found[name] = _("%(field)s : %(value)s") % {"field": _(_NAMES[name]), "value": said}
    if filters.mission:
        found["mission"] = await session.scalar(select(Mission.title).where(Mission.id == filters.mission)) or "–"
    return found


def _code(asked: Form, name: str) -> str | None:
    return asked.text(name, required=False, maximum=40) or None
