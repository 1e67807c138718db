"""The form of a series: the shift of the first day, and the rhythm at which it comes back."""

from datetime import date
from uuid import UUID, uuid4

from civic import clock
from civic.forms import Form
from civic.i18n import N_, _
from civic.planning import shift_form
from civic.planning.shift_form import Choices
from civic.shifts.recurrence import DAYS, MOST, NTH, Rhythm
from civic.shifts.series import SeriesValues

# The names that the verbs give to the same fields.
OF_VALUES = {"weekdays": "weekdays", "until": "until", "count": "count", **shift_form.OF_VALUES}
KINDS = (("weekly", N_("Par semaine")), ("monthly", N_("Par mois")))
ENDS = (("until", N_("À une date")), ("count", N_("Après un nombre de fois")))
MOST_APART = 12


def begun(choices: Choices, site: str, day: str) -> Form:
    """An empty form, begun by the cell that was chosen."""
    missions = choices.covered.get(site, [])
    first = Form({"day": [day]}).date("day", required=False)
    return Form.filled(
        series_id=uuid4(),
        site_id=site if missions else "",
        mission_id=missions[0] if len(missions) == 1 else "",
        day=first.isoformat() if first else "",
        capacity=2,
        min_staff=2,
        break_minutes=0,
        kind="weekly",
        every=1,
        nth=1,
        weekdays=[first.weekday()] if first else [],
        ends="until",
        skip_closures=True,
        skip_holidays=True,
    )


def read(form: Form, choices: Choices) -> SeriesValues | None:
    """The values typed, or None with an error at each wrong field."""
    first = shift_form.read(form, choices)
    rhythm = _rhythm(form, form.date("day"))
    if first is None or rhythm is None or not form.ok:
        return None
    starts, ends = form.time("start"), form.time("end")
    assert starts is not None
    assert ends is not None
    return SeriesValues(
        mission_id=first.mission_id,
        site_id=first.site_id,
        first_day=clock.local(first.starts_at).date(),
        starts=starts,
        ends=ends,
        capacity=first.capacity,
        min_staff=first.min_staff,
        break_minutes=first.break_minutes,
        rhythm=rhythm,
        skip_closures=form.checked("skip_closures"),
        skip_holidays=form.checked("skip_holidays"),
    )


def _rhythm(form: Form, first_day: date | None) -> Rhythm | None:
    monthly = form.choice("kind", [key for key, _label in KINDS]) == "monthly"
    every = form.integer("every", minimum=1, maximum=MOST_APART)
    weekdays = [int(one) for one in form.choices("weekdays", [str(day) for day in range(7)])]
    if not weekdays and first_day is not None:
        weekdays = [first_day.weekday()]
    nth = int(form.choice("nth", [str(one) for one in NTH]) or 1) if monthly else 0
    until, count = None, None
    if form.choice("ends", [key for key, _label in ENDS]) == "count":
        count = form.integer("count", minimum=1, maximum=MOST)
    else:
        until = form.date("until")
    if every is None:
        return None
    return Rhythm(tuple(weekdays), every, nth, until, count)


def series_id(form: Form) -> UUID:
    """The id drawn when the form was shown: sending it twice makes one series."""
    return form.uuid("series_id", required=False) or uuid4()


def day_choices() -> list[tuple[str, str]]:
    return [(str(number), _(name)) for number, name in enumerate(DAYS)]


def nth_choices() -> list[tuple[str, str]]:
    return [(str(number), _(name)) for number, name in NTH.items()]
