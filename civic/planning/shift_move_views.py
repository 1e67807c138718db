"""Moving a shift to another day, hour or site: what that would do, shown before anything changes.

Nothing is saved here. The question is answered to the edit form's address with everything filled in, so that a
colleague's change and a booking made meanwhile are told there as they are after any other edit.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.current import CurrentUser
from civic.accounts.models import User
from civic.bookings import changes
from civic.bookings.access import PlannedShift
from civic.bookings.changes import Judged
from civic.bookings.values import ShiftFacts
from civic.db import Session
from civic.errors import Invalid
from civic.forms import Form
from civic.planning import shift_form
from civic.planning.shift_form import Choices
from civic.planning.shift_views import refuse_closed
from civic.shifts import actions as shifts
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from civic.web import render, safe_next

router = APIRouter(include_in_schema=False)
MOVABLE = ("day", "start", "end", "site_id")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a move would do: the edit as weighed, why the site is closed then, and whether that is over already."""

    judged: Judged
    closed: str
    past: bool

    @property
    def kept(self) -> list[str]:
        """Names of those who keep their place or their rank, and are told."""
        lost = {one.held.volunteer_id for one in self.judged.affected}
        return sorted(person.name for id_, person in self.judged.people.items() if id_ not in lost)


@router.get("/planning/creneaux/{shift_id}/deplacement")
async def ask(request: Request, user: CurrentUser, shift: PlannedShift, session: Session) -> Response:
    """Where to, and once that is in the address (`day`, `start`, `end`, `site_id`): whom it would touch."""
    refuse_closed(shift)
    choices = await shift_form.choices_of(session, user)
    form = _form(request, shift)
    outlook = await _outlook(session, user, shift, choices, form)
    if outlook:
        form.lists["seen"] = [",".join(str(one.held.booking_id) for one in outlook.judged.affected)]
    context = {
        "shift": shift,
        "form": form,
        "outlook": outlook,
        "sites": _sites(choices, shift),
        "asked": any(name in request.query_params for name in MOVABLE),
        "back": form.get("next"),
    }
    return render(request, "planning/move_shift.html", context, status=200 if form.ok else 422)


def _form(request: Request, shift: ShiftFacts) -> Form:
    """The edit form as it stands, with what the address changes."""
    stored, params = shift_form.texts_of(shift), request.query_params
    wanted = {name: params.get(name, stored[name]) for name in MOVABLE}
    back = safe_next(params.get("next"), f"/planning/creneaux/{shift.id}")
    return Form.filled(**(stored | wanted), version=shift.version, opened=shift_form.pack(stored), next=back)


async def _outlook(
    session: AsyncSession, user: User, shift: ShiftFacts, choices: Choices, form: Form
) -> Outlook | None:
    """None when nothing would change, or with an error at each field that is wrong."""
    values = shift_form.read(form, choices)
    if values is None:
        _gather(form)
        return None
    values = shift_form.keep_exact(values, shift)
    if (values.starts_at, values.ends_at, values.site_id) == (
        shift.times.starts_at,
        shift.times.ends_at,
        shift.site_id,
    ):
        return None
    try:
        await shifts.check_place(session, by=user, values=values)
        shifts.check_times(values)
    except Invalid as invalid:
        shift_form.tell(form, invalid.errors)
        _gather(form)
        return None
    return await _weigh(session, shift, values)


def _gather(form: Form) -> None:
    """An error at a field that this page does not show stands above those that it does."""
    for name in [one for one in form.errors if one not in MOVABLE]:
        form.fail("", form.errors.pop(name))


async def _weigh(session: AsyncSession, shift: ShiftFacts, values: ShiftValues) -> Outlook:
    judged = await changes.preview(session, shift=await session.get_one(Shift, shift.id), values=values)
    after = judged.after
    closed = next((one.reason for one in after.closures if one.touches(after.times)), "")
    return Outlook(judged, closed, after.times.starts_at <= clock.now())


def _sites(choices: Choices, shift: ShiftFacts) -> list[tuple[str, list[tuple[str, str]]]]:
    """The sites of the shift's own mission, by intermunicipality."""
    covered, mission = choices.covered, str(shift.mission_id)
    found = []
    for group, listed in choices.sites:
        names = [(one.id, f"{one.name}, {one.commune}") for one in listed if mission in covered[one.id]]
        if names:
            found.append((group, names))
    return found
