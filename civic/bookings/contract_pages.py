"""What the pages of a contract show: its sections, the checklist, the alerts, the leave that is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings.contract_alerts import alerts_for
from civic.contracts import forms
from civic.contracts.alerts import review_days
from civic.contracts.leave_queries import balance_of
from civic.contracts.leave_rules import sum_of
from civic.contracts.models import END_REASONS, REVIEWS, TRAININGS, EngagementContract
from civic.contracts.notice import END_REASON_NAMES, WITHOUT_NOTICE
from civic.contracts.queries import facts_of, possible_tutors
from civic.contracts.readiness import STATE_NAMES, requirements, state_of
from civic.contracts.rulebook import named
from civic.contracts.rules import DECLARATION_NAMES, REVIEW_NAMES, TRAINING_NAMES, ContractFacts
from civic.contracts.sources import source_of
from civic.formats import weekday
from civic.forms import Form
from civic.i18n import _
from civic.volunteers.models import Volunteer

# What a volunteer can do something about; the rest is the coordination's work.
THEIRS = frozenset({"leave_unused", "fcc_half", "fcc_total", "psc_done", "contract_ending"})
# Any week will do to name its days.
MONDAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Listed:
    """A training, an interview or a declaration by its code."""

    code: str
    name: str
    rule: str = ""
    about: date | None = None


async def whole(
    session: AsyncSession, user: User, volunteer: Volunteer, contract: EngagementContract | None
) -> dict[str, Any]:
    """What templates/contracts/edit.html shows to a coordinator (`volunteer.user` loaded)."""
    day = clock.today()
    facts = facts_of(contract) if contract else None
    found = await _common(session, volunteer, contract, facts, day)
    return {
        **found,
        "form": forms.filled(facts),
        "follow": forms.filled(facts),
        "tutors": await possible_tutors(session, contract.tutor_id if contract else None),
        "weekdays": [(str(n), weekday(date.fromordinal(MONDAY.toordinal() + n - 1))) for n in range(1, 8)],
        "declarations": _declarations(forms.FIRST_DECLARATIONS),
        "attestation": _declarations(("fcc_attest",))[0],
        "day": day,
        "author": user.name,
        "end_reason": _(END_REASON_NAMES[contract.end_reason]) if contract and contract.end_reason else "",
    }


async def own(session: AsyncSession, volunteer: Volunteer, contract: EngagementContract | None) -> dict[str, Any]:
    """What templates/contracts/show.html shows to the volunteer."""
    day = clock.today()
    found = await _common(session, volunteer, contract, facts_of(contract) if contract else None, day)
    return {**found, "own_alerts": [one for one in found["alerts"] if one.code in THEIRS]}


async def _common(
    session: AsyncSession,
    volunteer: Volunteer,
    contract: EngagementContract | None,
    facts: ContractFacts | None,
    day: date,
) -> dict[str, Any]:
    points = requirements(facts, volunteer.birth_date, day, verified=volunteer.user.is_verified)
    state = state_of(facts, points, day) if facts else ""
    about = review_days(facts) if facts else {}
    balance = await balance_of(session, volunteer.id, day) if facts and state != "upcoming" else None
    return {
        "volunteer": volunteer,
        "contract": contract,
        "facts": facts,
        "requirements": points,
        "missing": [one for one in points if not one.done],
        "state": state,
        "state_name": _(STATE_NAMES[state]) if state else "",
        "alerts": await alerts_for(session, volunteer, day),
        "leave": sum_of(balance) if balance else "",
        "minor": volunteer.minor_on(max(day, facts.starts_on) if facts else day),
        "trainings": [Listed(kind, _(TRAINING_NAMES[kind])) for kind in TRAININGS],
        "reviews": [Listed(kind, _(REVIEW_NAMES[kind]), about=about.get(kind)) for kind in REVIEWS],
    }


def _declarations(codes: Sequence[str]) -> list[Listed]:
    return [Listed(code, _(DECLARATION_NAMES[code]), named(code, source_of(code))) for code in codes]


def end(volunteer: Volunteer, contract: EngagementContract, form: Form) -> dict[str, Any]:
    """What templates/contracts/end.html shows."""
    names = [(code, _(END_REASON_NAMES[code])) for code in END_REASONS]
    return {
        "volunteer": volunteer,
        "contract": contract,
        "form": form,
        "reasons": [
            (_("Sans préavis"), [one for one in names if one[0] in WITHOUT_NOTICE]),
            (_("Avec préavis"), [one for one in names if one[0] not in WITHOUT_NOTICE]),
        ],
        "asked": False,
    }
