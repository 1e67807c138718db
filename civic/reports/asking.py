"""What the pages of a report are asked for in their address: a period by name or by its days, and what narrows it."""

from typing import Any

from civic import clock
from civic.accounts.models import User
from civic.encounters.codes import AGES
from civic.forms import Form
from civic.reports.filters import Filters, scope_of
from civic.reports.periods import CUSTOM, DEFAULT, PERIODS, named
from civic.sites.models import PILLARS

AREAS = ("CALL", "CAHC", "CABBALR")


def read_filters(form: Form, user: User) -> Filters | None:
    """The filters of the address; None when one can't be read, which the form then says."""
    given = {name for name, value in form.values.items() if value}
    period = form.choice("period", PERIODS, required=False) or (CUSTOM if given & {"from", "to"} else DEFAULT)
    first, last = named(period, clock.today())
    if period == CUSTOM:
        first = form.date("from", required=False) or first
        last = form.date("to", required=False) or last
    # What the selects and the date fields then show.
    form.lists |= {"period": [period]}
    if form.ok:
        form.lists |= {"from": [str(first)], "to": [str(last)]}
    narrow: dict[str, Any] = {
        "site": form.text("site", required=False),
        "intermunicipality": form.choice("intermunicipality", AREAS, required=False),
        "mission": form.uuid("mission", required=False),
        "pillar": form.choice("pillar", PILLARS, required=False),
        "topic": form.text("topic", required=False),
        "age": form.choice("age", tuple(AGES), required=False),
    }
    filters = Filters(
        from_=first, to=last, scope=scope_of(user), **{name: value or None for name, value in narrow.items()}
    )
    return filters if form.ok else None
