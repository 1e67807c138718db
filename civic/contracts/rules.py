"""What the law asks of an engagement contract: what refuses to be saved, and what still keeps somebody from serving."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from civic.clock import age_on
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long, duration
from civic.i18n import N_, _

MIN_AGE = 16
MAX_AGE = 25
MAX_AGE_EXTENDED = 30
MIN_MONTHS = 6
WEEK_MIN = Decimal(24)
MAX_MONTHS = 12
TRAINING_NAMES = {
    "civic_half": N_("Formation civique et citoyenne, première moitié"),
    "civic_training": N_("Formation civique et citoyenne, en entier"),
    "first_aid": N_("Premiers secours (PSC)"),
    "site_safety": N_("Sécurité sur les sites"),
}


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """All that a coordinator writes down. Days are local; `trainings` says on which day each kind was done."""

    starts_on: date
    ends_on: date
    weekly_hours: Decimal
    ended_on: date | None = None
    tutor_id: UUID | None = None
    conformity_checked_on: date | None = None
    medical_cleared_on: date | None = None
    parental_authorised_on: date | None = None
    parental_holders: str = ""
    minor_tutoring_on: date | None = None
    age_limit_30: bool = False
    trainings: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """A verdict and the field of the form where it is told."""

    field: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must be there before somebody serves: done or not, and what to do."""

    code: str
    title: str
    detail: str
    done: bool
    source: str


def plus_months(day: date, months: int) -> date:
    """The same day of the month some months later, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def judge(facts: ContractFacts, birth_date: date) -> list[FieldFinding]:
    """Every blocking rule that these facts break; a contract with any is not saved."""
    verdicts = (
        ("starts_on", "age_min", age_min(facts, birth_date)),
        ("starts_on", "age_max", age_max(facts, birth_date)),
        ("ends_on", "contract_length", contract_length(facts)),
    )
    return [FieldFinding(name, Finding(code, title, source_of(code))) for name, code, title in verdicts if title]


def age_min(facts: ContractFacts, birth_date: date) -> str | None:
    """AGE_MIN: 16 at the start of the contract (L120-1 II)."""
    age = age_on(birth_date, facts.starts_on)
    if age >= MIN_AGE:
        return None
    return _("%(age)s ans le %(day)s : il faut %(min)s ans au début du contrat.") % {
        "age": age,
        "day": day_long(facts.starts_on),
        "min": MIN_AGE,
    }


def age_max(facts: ContractFacts, birth_date: date) -> str | None:
    """AGE_MAX: 25 at most at the start, 30 where the contract says so (no reason is kept)."""
    age = age_on(birth_date, facts.starts_on)
    limit = MAX_AGE_EXTENDED if facts.age_limit_30 else MAX_AGE
    if age <= limit:
        return None
    return _("%(age)s ans le %(day)s : %(max)s ans au plus au début du contrat.") % {
        "age": age,
        "day": day_long(facts.starts_on),
        "max": limit,
    }


def contract_length(facts: ContractFacts) -> str | None:
    """CONTRACT_LENGTH: 6 to 12 months, judged on the agreed dates, both days included."""
    first_end, last_end = shortest_end(facts.starts_on), longest_end(facts.starts_on)
    if first_end <= facts.ends_on <= last_end:
        return None
    return _("De %(a)s à %(b)s mois : la fin doit tomber entre le %(first)s et le %(last)s.") % {
        "a": MIN_MONTHS,
        "b": MAX_MONTHS,
        "first": day_long(first_end),
        "last": day_long(last_end),
    }


def week_min(weekly_hours: Decimal) -> Finding | None:
    """WEEK_MIN: under 24 hours a week a contract is saved, with a warning: an approval may allow it (L120-8)."""
    if weekly_hours >= WEEK_MIN:
        return None
    values = {"hours": duration(float(weekly_hours)), "min": duration(float(WEEK_MIN))}
    title = _("%(hours)s par semaine : la règle est de %(min)s au moins en moyenne, sauf exception de l’agrément.")
    return Finding("week_min", title % values, source_of("week_min"))


def narrows(before: ContractFacts | None, after: ContractFacts, day: date) -> bool:
    """Whether the contract lets somebody serve on fewer of the days to come, or less readily, than it did."""
    if before is None:
        return False
    last, was_last = (one.ended_on or one.ends_on for one in (after, before))
    shorter = last < was_last or after.starts_on > max(before.starts_on, day)
    papers = ("conformity_checked_on", "medical_cleared_on", "parental_authorised_on", "minor_tutoring_on", "tutor_id")
    lost = any(getattr(before, name) and not getattr(after, name) for name in (*papers, "parental_holders"))
    return shorter or lost or not before.trainings.keys() <= after.trainings.keys()


def shortest_end(starts_on: date) -> date:
    """The earliest agreed last day: a contract from 1 January may end on 30 June."""
    return date.fromordinal(plus_months(starts_on, MIN_MONTHS).toordinal() - 1)


def longest_end(starts_on: date) -> date:
    return date.fromordinal(plus_months(starts_on, MAX_MONTHS).toordinal() - 1)


def requirements(facts: ContractFacts | None, birth_date: date, day: date) -> list[Requirement]:
    """What must be there to serve on a day, in the order in which bookings judge it."""
    if facts is None:
        missing = _("Aucun contrat n’est enregistré.")
        return [Requirement("contract_ready", _("Contrat"), missing, False, source_of("contract_ready"))]
    found = [_engaged(facts, day), _conform(facts), _medical(facts)]
    minor = age_on(birth_date, max(day, facts.starts_on)) < 18
    if minor:
        found.append(_parental(facts))
    found.append(_tutor(facts))
    if minor:
        found.append(_minor_tutoring(facts))
    return found


def _requirement(code: str, title: str, done: bool, since: date | None, missing: str) -> Requirement:
    detail = _("Fait le %(day)s.") % {"day": day_long(since)} if done and since else "" if done else missing
    return Requirement(code, title, detail, done, source_of(code))


def _engaged(facts: ContractFacts, day: date) -> Requirement:
    last = facts.ended_on or facts.ends_on
    values = {"first": day_long(facts.starts_on), "last": day_long(last)}
    if day < facts.starts_on:
        detail = _("Le contrat commence le %(first)s : rien avant.") % values
    elif day > last:
        detail = _("Le contrat a pris fin le %(last)s.") % values
    else:
        detail = _("Du %(first)s au %(last)s.") % values
    running = facts.starts_on <= day <= last
    return Requirement("contract_ready", _("Contrat en cours"), detail, running, source_of("contract_ready"))


def _conform(facts: ContractFacts) -> Requirement:
    done = facts.conformity_checked_on is not None
    missing = _("Notez le jour où la conformité du contrat a été vérifiée.")
    return _requirement("contract_ready", _("Conformité vérifiée"), done, facts.conformity_checked_on, missing)


def _medical(facts: ContractFacts) -> Requirement:
    done = facts.medical_cleared_on is not None
    missing = _("Notez la date du certificat d’aptitude, rien d’autre.")
    return _requirement("medical", _("Aptitude médicale"), done, facts.medical_cleared_on, missing)


def _parental(facts: ContractFacts) -> Requirement:
    done = facts.parental_authorised_on is not None and bool(facts.parental_holders)
    missing = _("Notez la date de l’autorisation et les titulaires de l’autorité parentale.")
    return _requirement("parental_auth", _("Autorisation parentale"), done, facts.parental_authorised_on, missing)


def _tutor(facts: ContractFacts) -> Requirement:
    missing = _("Choisissez une tutrice ou un tuteur.")
    return _requirement("tutor_assigned", _("Tutorat"), facts.tutor_id is not None, None, missing)


def _minor_tutoring(facts: ContractFacts) -> Requirement:
    done = facts.minor_tutoring_on is not None
    missing = _("Notez le jour où le tutorat renforcé a été mis en place.")
    return _requirement("tutor_minor", _("Tutorat renforcé (mineur)"), done, facts.minor_tutoring_on, missing)
