"""What the law asks of an engagement contract before it may be saved. Days are local, and both ends are included."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from civic.clock import age_on
from civic.contracts.limits import DEFAULT, Limits
from civic.contracts.models import WORKING_WEEK
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long, duration
from civic.i18n import N_, _

# The widest that a mission may ask for, whatever a contract's own limits are.
MIN_AGE = int(DEFAULT.age_min)
MAX_AGE_EXTENDED = int(DEFAULT.age_max_extended)
TRAINING_NAMES = {
    "civic_half": N_("Formation civique et citoyenne, première moitié"),
    "civic_training": N_("Formation civique et citoyenne, en entier"),
    "first_aid": N_("Premiers secours (PSC)"),
    "site_safety": N_("Sécurité sur les sites"),
}
REVIEW_NAMES = {
    "entry": N_("Entretien de début"),
    "middle": N_("Entretien de milieu"),
    "end": N_("Entretien de fin"),
}
DECLARATION_NAMES = {
    "no_substitution": N_("La mission ne remplace pas un poste : ni agent, ni personne partie depuis moins d’un an"),
    "not_indispensable": N_("La mission n’est pas indispensable au fonctionnement : tout ouvre sans volontaires"),
    "fcc_attest": N_("La formation civique et citoyenne est attestée dans ELISA"),
}


@dataclass(frozen=True, slots=True)
class ReviewDays:
    """An interview: the day that was set for it, and the day on which it took place."""

    planned_on: date | None = None
    held_on: date | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """Somebody's word: the day and the name."""

    on: date
    name: str


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """All that a coordinator writes down; trainings, reviews and declarations by their codes.

    `ended_on` is the real last day of an early end, `ends_on` the agreed one.
    """

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
    earlier_engagement: bool = False
    usual_days: str = WORKING_WEEK
    end_reason: str = ""
    notice_given_on: date | None = None
    trainings: Mapping[str, date] = field(default_factory=dict)
    reviews: Mapping[str, ReviewDays] = field(default_factory=dict)
    declarations: Mapping[str, Declared] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        return self.ended_on or self.ends_on


@dataclass(frozen=True, slots=True)
class Engagement:
    """Another contract of the same person."""

    starts_on: date
    last_day: date


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """A verdict and the field of the form where it is told."""

    field: str
    finding: Finding


def judge(
    facts: ContractFacts,
    birth_date: date,
    limits: Limits = DEFAULT,
    *,
    before: ContractFacts | None = None,
    others: Iterable[Engagement] = (),
) -> list[FieldFinding]:
    """Every blocking rule that these facts break; a contract with any is not saved.

    `limits` are those of the contract's first day, `before` what stands (None: a first writing), `others` the same
    person's other contracts.
    """
    known = list(others)
    verdicts = (
        ("starts_on", "age_min", age_min(facts, birth_date, limits)),
        ("starts_on", "age_max", age_max(facts, birth_date, limits)),
        ("ends_on", "contract_length", contract_length(facts, limits)),
        ("earlier_engagement", "one_only", one_only(facts, known if before is None else [])),
        ("starts_on", "contract_overlap", contract_overlap(facts, known)),
        ("conformity_checked_on", "no_substitution", no_substitution(facts, before)),
    )
    return [FieldFinding(name, Finding(code, title, source_of(code))) for name, code, title in verdicts if title]


def age_min(facts: ContractFacts, birth_date: date, limits: Limits = DEFAULT) -> str | None:
    """AGE_MIN: 16 at the start of the contract (L120-1 II)."""
    age = age_on(birth_date, facts.starts_on)
    if age >= limits.age_min:
        return None
    return _("%(age)s ans le %(day)s : il faut %(min)s ans au début du contrat.") % {
        "age": age,
        "day": day_long(facts.starts_on),
        "min": f"{limits.age_min:g}",
    }


def age_max(facts: ContractFacts, birth_date: date, limits: Limits = DEFAULT) -> str | None:
    """AGE_MAX: 25 at most at the start, 30 where the contract says so (no reason is kept)."""
    age = age_on(birth_date, facts.starts_on)
    limit = limits.age_max_extended if facts.age_limit_30 else limits.age_max
    if age <= limit:
        return None
    return _("%(age)s ans le %(day)s : %(max)s ans au plus au début du contrat.") % {
        "age": age,
        "day": day_long(facts.starts_on),
        "max": f"{limit:g}",
    }


def contract_length(facts: ContractFacts, limits: Limits = DEFAULT) -> str | None:
    """CONTRACT_LENGTH: 6 to 12 months, judged on the agreed dates, both days included (L120-1 II)."""
    first_end, last_end = shortest_end(facts.starts_on, limits), longest_end(facts.starts_on, limits)
    if first_end <= facts.ends_on <= last_end:
        return None
    return _("De %(a)s à %(b)s mois : la fin doit tomber entre le %(first)s et le %(last)s.") % {
        "a": f"{limits.months_min:g}",
        "b": f"{limits.months_max:g}",
        "first": day_long(first_end),
        "last": day_long(last_end),
    }


def one_only(facts: ContractFacts, others: Iterable[Engagement]) -> str | None:
    """ONE_ONLY: one engagement in a life; an earlier one elsewhere or a contract already written refuses (F13278)."""
    held = next(iter(others), None)
    if held is not None:
        days = {"first": day_long(held.starts_on), "last": day_long(held.last_day)}
        return (
            _("Un engagement est déjà enregistré, du %(first)s au %(last)s : on ne fait qu’un seul service civique.")
            % days
        )
    if not facts.earlier_engagement:
        return None
    return _("On ne fait qu’un seul service civique : après un premier engagement, ce contrat ne peut pas être signé.")


def contract_overlap(facts: ContractFacts, others: Iterable[Engagement]) -> str | None:
    """Two contracts of one person never share a day (logic)."""
    for other in others:
        if facts.starts_on <= other.last_day and other.starts_on <= facts.last_day:
            return _("Ces dates recoupent un autre contrat, du %(first)s au %(last)s.") % {
                "first": day_long(other.starts_on),
                "last": day_long(other.last_day),
            }
    return None


def no_substitution(facts: ContractFacts, before: ContractFacts | None) -> str | None:
    """NO_SUBSTITUTION: the conformity check rests on this declaration (L120-9).

    It can't be newly recorded without the declaration, nor the declaration be taken back under it. A check recorded
    before stands: then the missing declaration is an alert.
    """
    if facts.conformity_checked_on is None or "no_substitution" in facts.declarations:
        return None
    if before is None or before.conformity_checked_on is None:
        return _("Faites d’abord déclarer que la mission ne remplace pas un poste : la conformité s’appuie dessus.")
    if "no_substitution" in before.declarations:
        return _("La conformité s’appuie sur cette déclaration : effacez d’abord la date de conformité.")
    return None


def week_min(weekly_hours: Decimal, limits: Limits = DEFAULT) -> Finding | None:
    """WEEK_MIN: under 24 hours a week a contract is saved, with a warning: an approval may allow it (L120-8)."""
    if weekly_hours >= Decimal(str(limits.week_min)):
        return None
    values = {"hours": duration(float(weekly_hours)), "min": duration(limits.week_min)}
    title = _("%(hours)s par semaine : la règle est de %(min)s au moins en moyenne, sauf exception de l’agrément.")
    return Finding("week_min", title % values, source_of("week_min"))


def shortest_end(starts_on: date, limits: Limits = DEFAULT) -> date:
    """The earliest agreed last day: a contract from 1 January may end on 30 June."""
    return date.fromordinal(plus_months(starts_on, int(limits.months_min)).toordinal() - 1)


def longest_end(starts_on: date, limits: Limits = DEFAULT) -> date:
    return date.fromordinal(plus_months(starts_on, int(limits.months_max)).toordinal() - 1)


def plus_months(day: date, months: int) -> date:
    """The same day some months on (or back), kept to the month's own length."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
