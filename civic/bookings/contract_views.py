"""A volunteer's contract: its facts, written by coordinators, and what still keeps the volunteer from booking.

The volunteer reads their own. A change that would cost booked places lists them first; confirmed, they end with a mail.
"""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.current import CoordinatorUser, CurrentUser
from civic.accounts.models import User
from civic.bookings import breaks, contract_pages, contracting
from civic.bookings.breaks import Broken
from civic.contracts import forms, notice, rules
from civic.contracts.actions import judged
from civic.contracts.models import EngagementContract
from civic.contracts.queries import current_contract, facts_of, limits_for, possible_tutors
from civic.contracts.rules import ContractFacts
from civic.db import Session
from civic.errors import Finding, Forbidden, NotFound
from civic.forms import Form
from civic.i18n import _, ngettext
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import visible_to
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


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


async def find_contract(user: CoordinatorUser, volunteer: VisibleVolunteer, session: Session) -> EngagementContract:
    """What comes after the first writing needs a contract: 404 without one."""
    found = await current_contract(session, volunteer.id)
    if found is None:
        raise NotFound
    return found


WrittenContract = Annotated[EngagementContract, Depends(find_contract)]


def page_of(volunteer: Volunteer) -> str:
    return f"/volontaires/{volunteer.id}/contrat"


@router.get("/volontaires/{volunteer_id}/contrat")
async def show(request: Request, user: CurrentUser, volunteer: VisibleVolunteer, session: Session) -> Response:
    """A volunteer reads their own; a coordinator finds it as forms."""
    contract = await current_contract(session, volunteer.id)
    if user.role == "volunteer":
        context = await contract_pages.own(session, volunteer, contract)
        return render(request, "contracts/show.html", context)
    return await _edit(request, session, user, volunteer, contract)


async def _edit(
    request: Request,
    session: AsyncSession,
    user: User,
    volunteer: Volunteer,
    contract: EngagementContract | None,
    *,
    status: int = 200,
    form: Form | None = None,
    follow: Form | None = None,
    broken: list[Broken] | None = None,
) -> Response:
    context = await contract_pages.whole(session, user, volunteer, contract)
    context["week_min"] = await _week_min(session, form) if form else None
    context["form"] = form or context["form"]
    context["follow"] = follow or context["follow"]
    context["broken"] = broken or []
    context["broken_in"] = "follow" if follow else "form"
    return render(request, "contracts/edit.html", context, status=status)


async def _week_min(session: AsyncSession, form: Form) -> Finding | None:
    """The warning about the hours that were typed; what stands has its alert, and what is no contract its error."""
    if "weekly_hours" in form.errors:
        return None
    try:
        hours = Decimal(form.get("weekly_hours").replace(",", "."))
    except InvalidOperation:
        return None
    return rules.week_min(hours, await limits_for(session, clock.today())) if hours.is_finite() else None


@router.post("/volontaires/{volunteer_id}/contrat")
async def save(request: Request, user: CoordinatorUser, volunteer: VisibleVolunteer, session: Session) -> Response:
    """Writes the first contract, or corrects the one that stands."""
    contract = await current_contract(session, volunteer.id)
    form = await Form.read(request)
    before = facts_of(contract) if contract else None
    tutors = await possible_tutors(session, contract.tutor_id if contract else None)
    facts = forms.read_contract(form, before, tutors, user)
    if facts is not None:
        forms.tell(form, await judged(session, volunteer, facts, contract))
    if facts is None or not form.ok:
        return await _edit(request, session, user, volunteer, contract, status=422, form=form)
    broken = await _unseen(session, volunteer, before, facts, form)
    if broken:
        return await _edit(request, session, user, volunteer, contract, status=409, form=form, broken=broken)
    ended = await _save(session, user, volunteer, contract, facts, form)
    low = rules.week_min(facts.weekly_hours, await limits_for(session, facts.starts_on))
    return _saved(volunteer, ended, low.title if low and not ended else "")


@router.post("/volontaires/{volunteer_id}/contrat/suivi")
async def save_follow_up(
    request: Request, user: CoordinatorUser, volunteer: VisibleVolunteer, contract: WrittenContract, session: Session
) -> Response:
    """Trainings, interviews, the attestation of the end."""
    form = await Form.read(request)
    before = facts_of(contract)
    facts = forms.read_follow_up(form, before, user)
    if facts is None:
        return await _edit(request, session, user, volunteer, contract, status=422, follow=form)
    broken = await _unseen(session, volunteer, before, facts, form)
    if broken:
        return await _edit(request, session, user, volunteer, contract, status=409, follow=form, broken=broken)
    return _saved(volunteer, await _save(session, user, volunteer, contract, facts, form))


@router.get("/volontaires/{volunteer_id}/contrat/fin")
async def ask_end(
    request: Request, user: CoordinatorUser, volunteer: VisibleVolunteer, contract: WrittenContract
) -> Response:
    given_on = contract.notice_given_on or clock.today()
    form = Form.filled(end_reason=contract.end_reason, notice_given_on=given_on, ended_on=contract.ended_on)
    return render(request, "contracts/end.html", contract_pages.end(volunteer, contract, form))


@router.post("/volontaires/{volunteer_id}/contrat/fin")
async def end_early(
    request: Request, user: CoordinatorUser, volunteer: VisibleVolunteer, contract: WrittenContract, session: Session
) -> Response:
    """First the day, the notice and what it costs; the same form again with `confirm` writes it."""
    form = await Form.read(request)
    before = facts_of(contract)
    typed = forms.read_end(form, before)
    context = contract_pages.end(volunteer, contract, form)
    if typed is None:
        return render(request, "contracts/end.html", context, status=422)
    reason, given_on, ended_on = typed
    limits = await limits_for(session, given_on)
    last = ended_on or notice.proposed_end(before, reason, given_on, limits)
    facts = replace(before, end_reason=reason, notice_given_on=given_on, ended_on=last)
    forms.tell(form, await judged(session, volunteer, facts, contract))
    if not form.ok:
        return render(request, "contracts/end.html", context, status=422)
    form.lists["ended_on"] = [last.isoformat()]
    broken = await contracting.preview(session, volunteer, before, facts)
    seen = breaks.parse(form.get("seen"))
    if not form.checked("confirm") or any(one.held.booking_id not in seen for one in broken):
        form.lists["seen"] = [breaks.pack(broken)]
        context |= {
            "asked": True,
            "last": last,
            "broken": broken,
            "short": notice.notice(reason, given_on, last, limits),
            "earliest": notice.earliest_last_day(reason, given_on, limits),
            "reason": _(notice.END_REASON_NAMES[reason]),
            "given_on": given_on,
        }
        return render(request, "contracts/end.html", context, status=409 if broken else 200)
    return _saved(volunteer, await _save(session, user, volunteer, contract, facts, form))


@router.post("/volontaires/{volunteer_id}/contrat/reprise")
async def resume(
    user: CoordinatorUser, volunteer: VisibleVolunteer, contract: WrittenContract, session: Session
) -> Response:
    """Take an early end back: the agreed last day holds again."""
    facts = replace(facts_of(contract), end_reason="", notice_given_on=None, ended_on=None)
    await contracting.save_contract(session, by=user, volunteer=volunteer, contract=contract, facts=facts)
    return redirect(page_of(volunteer), _("La fin anticipée est retirée : le dernier jour prévu vaut de nouveau."))


async def _unseen(
    session: AsyncSession, volunteer: Volunteer, before: ContractFacts | None, facts: ContractFacts, form: Form
) -> list[Broken]:
    """What the change would cost, unless the form says that exactly these places were seen and accepted."""
    if before is None:
        return []
    broken = await contracting.preview(session, volunteer, before, facts)
    seen = breaks.parse(form.get("seen"))
    accepted = form.checked("confirm") and all(one.held.booking_id in seen for one in broken)
    form.lists["seen"] = [breaks.pack(broken)]
    return [] if accepted else broken


async def _save(
    session: AsyncSession,
    user: User,
    volunteer: Volunteer,
    contract: EngagementContract | None,
    facts: ContractFacts,
    form: Form,
) -> int:
    accepted = breaks.parse(form.get("seen"))
    saved = await contracting.save_contract(
        session, by=user, volunteer=volunteer, contract=contract, facts=facts, accepted=accepted
    )
    return saved.ended


def _saved(volunteer: Volunteer, ended: int, warning: str = "") -> Response:
    if ended:
        text = ngettext(
            "Contrat enregistré. %(n)s place est libérée, un e-mail l’explique.",
            "Contrat enregistré. %(n)s places sont libérées, un e-mail l’explique.",
            ended,
        )
        return redirect(page_of(volunteer), text % {"n": ended})
    text = _("Contrat enregistré.")
    return redirect(page_of(volunteer), f"{text} {warning}", "warn") if warning else redirect(page_of(volunteer), text)
