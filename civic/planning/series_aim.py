"""Which shifts of a series an edit or a cancellation means: one, that one and the following, or all to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from civic import clock
from civic.bookings.series_judging import ALL, FOLLOWING
from civic.forms import Form
from civic.i18n import N_, _
from civic.planning.series_page import Made, SeriesPage

ONE = "one"
# What addresses say.
PLACES = {"celui-ci": ONE, "suivants": FOLLOWING, "tous": ALL}
SCOPES = (
    (ONE, N_("Celui-ci seulement")),
    (FOLLOWING, N_("Celui-ci et les suivants")),
    (ALL, N_("Tous ceux à venir")),
)


@dataclass(frozen=True, slots=True)
class Aim:
    """`chosen` is the shift to begin with (none when nothing is to come), `since` its day in the rule."""

    scope: str
    chosen: Made | None
    since: date

    @property
    def shift_id(self) -> UUID | None:
        return self.chosen.shift.id if self.chosen else None

    def reaches(self, one: Made) -> bool:
        """Whether a shift to come is meant, those changed by themselves included."""
        if self.scope == ONE:
            return one.shift.id == self.shift_id
        return self.scope == ALL or one.series_day >= self.since


def begun(page: SeriesPage, scope: str, shift: str) -> Form:
    """The first values of the two fields, from an address."""
    form = Form({"shift": [shift]})
    named = form.uuid("shift", required=False)
    ids = [one.shift.id for one in page.coming]
    first = named if named in ids else next(iter(ids), "")
    return Form.filled(shift=first, scope=PLACES.get(scope, FOLLOWING if page.coming else ALL))


def read(form: Form, page: SeriesPage) -> Aim:
    """What the form means; a shift that has begun meanwhile, or an unknown scope, is an error at its field."""
    if not page.coming:
        return Aim(ALL, None, clock.today())
    scope = form.choice("scope", [code for code, _label in SCOPES])
    shift_id = form.uuid("shift")
    chosen = next((one for one in page.coming if one.shift.id == shift_id), None)
    if chosen is None and not form.errors.get("shift"):
        form.fail("shift", _("Ce créneau a commencé ou n’est plus dans la série. Choisissez-en un autre."))
    return Aim(scope, chosen, chosen.series_day if chosen else clock.today())


def scope_choices() -> list[tuple[str, str]]:
    return [(code, _(label)) for code, label in SCOPES]


def apart(coming: Sequence[Made], aim: Aim) -> list[Made]:
    """Those changed by themselves within reach: they are only touched when somebody says so."""
    return [one for one in coming if one.detached and aim.scope != ONE and aim.reaches(one)]
