"""A volunteer's contract: its facts, written by coordinators, and what still keeps the volunteer from serving."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import joinedload

from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.clock import today
from civic.contracts import actions, rules
from civic.contracts.models import TRAININGS, EngagementContract
from civic.contracts.queries import current_contract, facts_of, possible_tutors
from civic.contracts.rules import TRAINING_NAMES, ContractFacts
from civic.db import Session
from civic.errors import Finding, Forbidden, NotFound
from civic.forms import Form
from civic.i18n import _
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
# Things that happened: a day to come can't be written down as done.
DONE_DAYS = ("conformity_checked_on", "medical_cleared_on", "parental_authorised_on", "minor_tutoring_on")


async def find_volunteer(volunteer_id: UUID, user: CurrentUser, session: Session) -> Volunteer:
    """404 for a volunteer out of sight; 403 for an admin or manager, who don't read contracts."""
    if user.role not in ("coordinator", "volunteer"):
        raise Forbidden
    chosen = visible_to(user).where(Volunteer.id == volunteer_id).options(joinedload(Volunteer.user))
    found = await session.scalar(chosen)
    if found is None:
        raise NotFound
    return found


VisibleVolunteer = Annotated[Volunteer, Depends(find_volunteer)]


@router.get("/volontaires/{volunteer_id}/contrat")
async def show(request: Request, user: CurrentUser, volunteer: VisibleVolunteer, session: Session) -> Response:
    """A volunteer reads their own; a coordinator finds it as a form."""
    contract = await current_contract(session, volunteer.id)
    return await _show(request, session, user, volunteer, contract, _filled(contract))


async def _show(
    request: Request,
    session: Session,
    user: User,
    volunteer: Volunteer,
    contract: EngagementContract | None,
    form: Form,
    *,
    status: int = 200,
) -> Response:
    day = today()
    facts = facts_of(contract) if contract else None
    requirements = rules.requirements(facts, volunteer.birth_date, day)
    coordinator = user.role == "coordinator"
    context: dict[str, Any] = {
        "volunteer": volunteer,
        "contract": contract,
        "form": form,
        "requirements": requirements,
        "week_min": _week_min(form, contract),
        "missing": [one for one in requirements if not one.done],
        "minor": volunteer.minor_on(max(day, contract.starts_on) if contract else day),
        "trainings": [(kind, _(TRAINING_NAMES[kind])) for kind in TRAININGS],
        "done": facts.trainings if facts else {},
        "tutors": await possible_tutors(session, contract.tutor_id if contract else None) if coordinator else [],
        "day": day,
    }
    template = "contracts/edit.html" if coordinator else "contracts/show.html"
    return render(request, template, context, status=status)


def _week_min(form: Form, contract: EngagementContract | None) -> Finding | None:
    """The warning about what was typed, else about what stands."""
    try:
        hours = Decimal(form.get("weekly_hours").replace(",", ".").strip())
    except InvalidOperation:
        hours = contract.weekly_hours if contract else rules.WEEK_MIN
    return rules.week_min(hours) if hours.is_finite() else None


def _filled(contract: EngagementContract | None) -> Form:
    if contract is None:
        return Form.filled(weekly_hours=24)
    values = asdict(facts_of(contract))
    trainings = {f"training_{kind}": day for kind, day in values.pop("trainings").items()}
    values["weekly_hours"] = f"{contract.weekly_hours.normalize():f}"
    return Form.filled(**values, **trainings)


@router.post("/volontaires/{volunteer_id}/contrat")
async def save(request: Request, user: CoordinatorUser, volunteer: VisibleVolunteer, session: Session) -> Response:
    """Writes the first contract, or corrects the one that stands."""
    contract = await current_contract(session, volunteer.id)
    form = await Form.read(request)
    facts = _read(form, await possible_tutors(session, contract.tutor_id if contract else None))
    if facts is not None:
        for broken in rules.judge(facts, volunteer.birth_date):
            form.fail(broken.field, f"{broken.finding.title} ({broken.finding.source})")
    if facts is None or not form.ok:
        return await _show(request, session, user, volunteer, contract, form, status=422)
    before = facts_of(contract) if contract else None
    if contract is None:
        await actions.create_contract(session, volunteer, facts, by=user)
    else:
        await actions.update_contract(session, contract, volunteer, facts, by=user)
    page = f"/volontaires/{volunteer.id}/contrat"
    if rules.narrows(before, facts, today()):
        told = _("Contrat enregistré. Vérifiez le planning : les créneaux déjà réservés restent à leur nom.")
        return redirect(page, told, "warn", ("/planning#todo-t", _("À traiter")))
    low = rules.week_min(facts.weekly_hours)
    if low is not None:
        return redirect(page, _("Contrat enregistré.") + f" {low.title}", "warn")
    return redirect(page, _("Contrat enregistré."))


def _read(form: Form, tutors: Sequence[User]) -> ContractFacts | None:
    starts_on, ends_on = form.date("starts_on"), form.date("ends_on")
    ended_on = form.date("ended_on", required=False)
    hours = form.decimal("weekly_hours", minimum=1, maximum=48)
    tutor = form.choice("tutor_id", {str(one.id) for one in tutors}, required=False)
    done = {name: _done_day(form, name) for name in DONE_DAYS}
    trainings = {kind: _done_day(form, f"training_{kind}") for kind in TRAININGS}
    holders = form.text("parental_holders", required=False, maximum=300)
    if starts_on and ended_on and ended_on < starts_on:
        form.fail("ended_on", _("La fin réelle vient avant le début."))
    if ends_on and ended_on and ended_on > ends_on:
        form.fail("ended_on", _("La fin réelle vient après la fin prévue."))
    if not form.ok or starts_on is None or ends_on is None or hours is None:
        return None
    return ContractFacts(
        starts_on=starts_on,
        ends_on=ends_on,
        ended_on=ended_on,
        weekly_hours=Decimal(str(hours)).quantize(Decimal("0.01")),
        tutor_id=UUID(tutor) if tutor else None,
        parental_holders=holders,
        age_limit_30=form.checked("age_limit_30"),
        trainings={kind: day for kind, day in trainings.items() if day},
        **done,
    )


def _done_day(form: Form, name: str) -> date | None:
    day = form.date(name, required=False)
    if day and day > today():
        form.fail(name, _("Ce jour n’est pas encore venu."))
        return None
    return day
