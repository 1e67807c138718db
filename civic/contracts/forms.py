"""The forms of a contract: what stands, shown; what was typed, read into the facts that rules judge."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from civic import clock
from civic.accounts.models import User
from civic.contracts.models import END_REASONS, REVIEWS, TRAININGS, WORKING_WEEK
from civic.contracts.rules import ContractFacts, Declared, FieldFinding, ReviewDays
from civic.forms import Form
from civic.i18n import _

WEEKDAYS = "1234567"
NAME_MAX = 120
# Declared with the contract; the last declaration comes after its end, with the follow-up.
FIRST_DECLARATIONS = ("no_substitution", "not_indispensable")
# Things that happened: a day to come can't be written down as done.
DONE_DAYS = ("conformity_checked_on", "medical_cleared_on", "parental_authorised_on", "minor_tutoring_on")


def filled(facts: ContractFacts | None) -> Form:
    """Every field of every section, as it stands."""
    if facts is None:
        return Form.filled(weekly_hours=24, usual_days=list(WORKING_WEEK))
    values: dict[str, Any] = asdict(facts)
    for name in ("trainings", "reviews", "declarations"):
        del values[name]
    values["weekly_hours"] = f"{facts.weekly_hours.normalize():f}"
    values["usual_days"] = list(facts.usual_days)
    values |= {f"training_{kind}": day for kind, day in facts.trainings.items()}
    for kind, days in facts.reviews.items():
        values |= {f"review_{kind}_planned": days.planned_on, f"review_{kind}_held": days.held_on}
    for code, declared in facts.declarations.items():
        values |= {
            f"declared_{code}": True,
            f"declared_{code}_on": declared.on,
            f"declared_{code}_name": declared.name,
        }
    return Form.filled(**values)


def read_contract(form: Form, before: ContractFacts | None, tutors: Collection[User], by: User) -> ContractFacts | None:
    """Dates, hours, tutor, papers and the declarations made with them; None when a field is wrong."""
    starts_on, ends_on = form.date("starts_on"), form.date("ends_on")
    hours = form.decimal("weekly_hours", minimum=1, maximum=48)
    days = form.choices("usual_days", WEEKDAYS) or list(WORKING_WEEK)
    tutor = form.choice("tutor_id", {str(one.id) for one in tutors}, required=False)
    done = {name: _done_day(form, name) for name in DONE_DAYS}
    holders = form.text("parental_holders", required=False, maximum=300)
    declarations = _declarations(form, FIRST_DECLARATIONS, before, by)
    if not form.ok or starts_on is None or ends_on is None or hours is None:
        return None
    values: dict[str, Any] = {
        "starts_on": starts_on,
        "ends_on": ends_on,
        "weekly_hours": Decimal(str(hours)).quantize(Decimal("0.01")),
        "usual_days": "".join(sorted(days)),
        "tutor_id": UUID(tutor) if tutor else None,
        "parental_holders": holders,
        "age_limit_30": form.checked("age_limit_30"),
        "earlier_engagement": form.checked("earlier_engagement"),
        "declarations": declarations,
        **done,
    }
    return replace(before, **values) if before else ContractFacts(**values)


def read_follow_up(form: Form, before: ContractFacts, by: User) -> ContractFacts | None:
    """Trainings, interviews and the attestation at the end; None when a field is wrong."""
    trainings = {kind: _done_day(form, f"training_{kind}") for kind in TRAININGS}
    reviews = {kind: _review(form, kind, before) for kind in REVIEWS}
    declarations = _declarations(form, ("fcc_attest",), before, by)
    if not form.ok:
        return None
    return replace(
        before,
        trainings={kind: day for kind, day in trainings.items() if day},
        reviews={kind: days for kind, days in reviews.items() if days != ReviewDays()},
        declarations=declarations,
    )


def read_end(form: Form, before: ContractFacts) -> tuple[str, date, date | None] | None:
    """The reason, the day of the notice, and the last day where it was typed; None when a field is wrong."""
    reason = form.choice("end_reason", END_REASONS, missing=_("Choisissez une raison."))
    given_on = _done_day(form, "notice_given_on", required=True)
    ended_on = form.date("ended_on", required=False)
    if not form.ok or given_on is None:
        return None
    return reason, given_on, ended_on


def tell(form: Form, found: Iterable[FieldFinding]) -> None:
    """Put what the rules refuse at its field, with its source."""
    for broken in found:
        source = f" ({broken.finding.source})" if broken.finding.source else ""
        form.fail(broken.field, f"{broken.finding.title}{source}")


def _declarations(form: Form, codes: Collection[str], before: ContractFacts | None, by: User) -> dict[str, Declared]:
    """What is ticked, with its day (today unless said) and the name of who declares (whoever writes, unless said)."""
    standing = dict(before.declarations) if before else {}
    found = {code: declared for code, declared in standing.items() if code not in codes}
    for code in codes:
        name = f"declared_{code}"
        if not form.checked(name):
            continue
        known = standing.get(code)
        day = _done_day(form, f"{name}_on") or (known.on if known else clock.today())
        author = form.text(f"{name}_name", required=False, maximum=NAME_MAX)
        found[code] = Declared(day, author or (known.name if known else by.name))
    return found


def _review(form: Form, kind: str, before: ContractFacts) -> ReviewDays:
    planned = form.date(f"review_{kind}_planned", required=False)
    held = _done_day(form, f"review_{kind}_held")
    for name, day in ((f"review_{kind}_planned", planned), (f"review_{kind}_held", held)):
        if day and day < before.starts_on:
            form.fail(name, _("Ce jour vient avant le début du contrat."))
    return ReviewDays(planned, held)


def _done_day(form: Form, name: str, *, required: bool = False) -> date | None:
    day = form.date(name, required=required)
    if day and day > clock.today():
        form.fail(name, _("Ce jour n’est pas encore venu."))
        return None
    return day
