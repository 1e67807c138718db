"""The form that changes a series: its own fields again, and from which shift on."""

from uuid import uuid4

from civic.bookings.series_judging import Edit
from civic.forms import Form
from civic.planning import series_aim, series_form
from civic.planning.series_aim import Aim
from civic.planning.series_page import SeriesPage
from civic.planning.shift_form import Choices
from civic.shifts import series_rows

REASON_MAX = 300


def begun(page: SeriesPage, scope: str, shift: str) -> Form:
    """The series as it is, from the shift that the address names."""
    values = series_rows.values_of(page.series)
    rhythm = values.rhythm
    form = Form.filled(
        edit_id=uuid4(),
        mission_id=values.mission_id,
        site_id=values.site_id,
        start=f"{values.starts:%H:%M}",
        end=f"{values.ends:%H:%M}",
        capacity=values.capacity,
        min_staff=values.min_staff,
        break_minutes=values.break_minutes,
        kind="monthly" if rhythm.monthly else "weekly",
        every=rhythm.every,
        nth=rhythm.nth or 1,
        weekdays=list(rhythm.weekdays),
        ends="until" if rhythm.until else "count",
        until=rhythm.until.isoformat() if rhythm.until else "",
        count=rhythm.count or "",
        skip_closures=values.skip_closures,
        skip_holidays=values.skip_holidays,
        state="published" if any(one.shift.state == "published" for one in page.coming) else "draft",
    )
    form.lists |= series_aim.begun(page, scope, shift).lists
    return form


def read(form: Form, choices: Choices, page: SeriesPage) -> tuple[Aim, Edit] | None:
    """What is wanted, or None with an error at each wrong field."""
    aim = series_aim.read(form, page)
    form.lists["day"] = [aim.since.isoformat()]
    values = series_form.read(form, choices)
    edit_id = form.uuid("edit_id", required=False) or uuid4()
    publish = form.choice("state", ("published", "draft")) == "published"
    if values is None or not form.ok:
        return None
    edit = Edit(edit_id, aim.scope, aim.since, values, publish, form.checked("take_apart"))
    return aim, edit
