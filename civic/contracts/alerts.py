"""What a contract asks somebody to do soon, or has let slip. Values in, sentences out; an alert never refuses.

An alert shows some time before its day (`due`) and stays, late, until the fact is written down.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from civic import clock
from civic.contracts.limits import DEFAULT, Limits
from civic.contracts.rules import REVIEW_NAMES, ContractFacts, plus_months
from civic.contracts.rules import week_min as agreed_week_min
from civic.contracts.sources import source_of
from civic.errors import Finding
from civic.formats import day_long, duration, week_range
from civic.i18n import _

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
# How long before its day each thing is said.
HALF_AHEAD = timedelta(days=30)
TRAINING_AHEAD = timedelta(days=60)
REVIEW_AHEAD = timedelta(days=21)
ENDING_AHEAD = timedelta(days=30)
# Before an average means something.
FIRST_WEEKS = 4
CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at; `due` is the day by which it has to be done, where there is one."""

    code: str
    title: str
    source: str
    due: date | None = None
    late: bool = False

    @property
    def presses(self) -> bool:
        """Whether it belongs among what is to be done now, beside the people's other work."""
        return self.late or self.code == "contract_ending"


@dataclass(frozen=True, slots=True)
class Worked:
    """Hours served or, until noted, planned: since the start up to the present week, and in the last whole week.

    `off` and `off_last_week` are the days of approved leave among the usual mission days of the same weeks.
    """

    hours: float = 0
    last_week: float = 0
    off: int = 0
    off_last_week: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """What alerts are judged with. `unused` is the verdict on the leave that is left (contracts.leave_rules)."""

    facts: ContractFacts
    day: date
    limits: Limits = DEFAULT
    worked: Worked | None = None
    unused: Finding | None = None


def alerts(situation: Situation) -> list[Alert]:
    """Everything to look at, what is late first."""
    found = [alert for rule in RULES for alert in rule(situation)]
    return sorted(found, key=lambda one: not one.late)


def presses(situation: Situation) -> bool:
    """Whether anything is late or ends soon: the first that does says it."""
    return any(alert.presses for rule in DATED for alert in rule(situation))


def no_substitution(now: Situation) -> Iterator[Alert]:
    """NO_SUBSTITUTION and NOT_INDISPENSABLE: somebody declares them before the contract is found conform."""
    wanted = {
        "no_substitution": _("Personne n’a déclaré que la mission ne remplace pas un poste."),
        "not_indispensable": _("Personne n’a déclaré que tout ouvre aussi sans volontaires."),
    }
    if now.day <= now.facts.last_day:
        for code, title in wanted.items():
            if code not in now.facts.declarations:
                yield Alert(code, title, source_of(code))


def week_min(now: Situation) -> Iterator[Alert]:
    """WEEK_MIN: the hours agreed, the average over the contract so far, and the last whole week (L120-8)."""
    facts, limit = now.facts, now.limits.week_min
    if not facts.starts_on <= now.day <= facts.last_day:
        return
    agreed = agreed_week_min(facts.weekly_hours, now.limits)
    if agreed:
        yield Alert("week_min", agreed.title, agreed.source)
    title = _average(now, limit) or _last_week(now, limit) if now.worked else None
    if title:
        yield Alert("week_min", title, source_of("week_min"))


def _average(now: Situation, limit: float) -> str | None:
    """Whole weeks since the start, less the usual days spent on leave, against the hours of all of them."""
    assert now.worked is not None
    monday = clock.monday(now.day)
    usual = len(now.facts.usual_days) or 1
    weeks = (monday - now.facts.starts_on).days / 7 - now.worked.off / usual
    if weeks < FIRST_WEEKS or now.worked.hours + CLOSE >= limit * weeks:
        return None
    title = _("%(hours)s en %(weeks)s semaines : %(average)s par semaine en moyenne, la règle est de %(min)s au moins.")
    return title % {
        "hours": duration(round(now.worked.hours, 2)),
        "weeks": f"{weeks:.1f}".replace(".", ",").removesuffix(",0"),
        "average": duration(round(now.worked.hours / weeks, 2)),
        "min": duration(limit),
    }


def _last_week(now: Situation, limit: float) -> str | None:
    """A week cut by the contract's own days or by a leave is not a whole one."""
    assert now.worked is not None
    monday = clock.monday(now.day) - WEEK
    if monday < now.facts.starts_on or now.worked.off_last_week or now.worked.last_week + CLOSE >= limit:
        return None
    title = _("%(hours)s la semaine du %(week)s : la règle est de %(min)s au moins en moyenne.")
    return title % {
        "hours": duration(round(now.worked.last_week, 2)),
        "week": week_range(monday),
        "min": duration(limit),
    }


def leave_unused(now: Situation) -> Iterator[Alert]:
    """LEAVE_UNUSED: days of leave that will be lost at the end of the contract."""
    if now.unused:
        yield Alert("leave_unused", now.unused.title, now.unused.source, now.facts.last_day)


def fcc_half(now: Situation) -> Iterator[Alert]:
    """FCC_HALF: half of the civic training done by month 3 (étape 4)."""
    if {"civic_half", "civic_training"} & now.facts.trainings.keys() or now.day > now.facts.last_day:
        return
    due = plus_months(now.facts.starts_on, int(now.limits.civic_half_months)) - DAY
    title = _("Formation civique et citoyenne : la première moitié est à faire avant le %(day)s.")
    late = _("Formation civique et citoyenne : la première moitié était à faire avant le %(day)s.")
    yield from _due("fcc_half", now.day, due, HALF_AHEAD, title, late)


def fcc_total(now: Situation) -> Iterator[Alert]:
    """FCC_TOTAL: two days of theory at least before the end of the contract (R121-15)."""
    if "civic_training" not in now.facts.trainings:
        title = _("Formation civique et citoyenne : elle est à faire en entier avant le %(day)s.")
        late = _("Formation civique et citoyenne : elle était à faire en entier avant le %(day)s.")
        yield from _due("fcc_total", now.day, now.facts.last_day, TRAINING_AHEAD, title, late)


def psc_done(now: Situation) -> Iterator[Alert]:
    """PSC_DONE: first aid, unless it was passed less than two years before the contract (R121-15)."""
    passed = now.facts.trainings.get("first_aid")
    oldest = plus_months(now.facts.starts_on, -int(now.limits.first_aid_years * 12))
    if passed is None:
        title, late = _("Premiers secours : à passer avant le %(day)s."), _("Premiers secours : pas passés au %(day)s.")
    elif passed < oldest:
        title = _("Premiers secours passés il y a trop longtemps : à refaire avant le %(day)s.")
        late = _("Premiers secours passés il y a trop longtemps : pas refaits au %(day)s.")
    else:
        return
    yield from _due("psc_done", now.day, now.facts.last_day, TRAINING_AHEAD, title, late)


def fcc_attest(now: Situation) -> Iterator[Alert]:
    """FCC_ATTEST: the training attested in ELISA at most two months after the end."""
    if "fcc_attest" in now.facts.declarations or now.day <= now.facts.last_day:
        return
    due = plus_months(now.facts.last_day, int(now.limits.attest_months))
    title = _("Formation civique et citoyenne : à attester dans ELISA avant le %(day)s.")
    late = _("Formation civique et citoyenne : à attester dans ELISA, c’était avant le %(day)s.")
    yield from _due("fcc_attest", now.day, due, due - now.facts.last_day, title, late)


def reviews(now: Situation) -> Iterator[Alert]:
    """REVIEWS: the interviews of the beginning, the middle and the end are planned, then held."""
    for kind, usual in review_days(now.facts).items():
        found = now.facts.reviews.get(kind)
        name = _(REVIEW_NAMES[kind])
        if found and found.held_on:
            continue
        planned = found.planned_on if found else None
        if planned is None:
            text = _("%(name)s : fixez un jour autour du %(day)s.") % {"name": name, "day": "%(day)s"}
            yield from _due("reviews", now.day, usual, REVIEW_AHEAD, text, text)
        elif planned < now.day:
            values = {"name": name, "day": day_long(planned)}
            text = _("%(name)s prévu le %(day)s : notez le jour où il a eu lieu.") % values
            yield Alert("reviews", text, source_of("reviews"), planned, late=True)


def review_days(facts: ContractFacts) -> dict[str, date]:
    """About when each interview is due: at three weeks, at half time, two weeks before the end."""
    length = facts.last_day - facts.starts_on
    return {
        "entry": min(facts.starts_on + 3 * WEEK, facts.last_day),
        "middle": facts.starts_on + length / 2,
        "end": max(facts.last_day - 2 * WEEK, facts.starts_on),
    }


def ending(now: Situation) -> Iterator[Alert]:
    """The contract ends soon: nothing can be booked after its last day."""
    last = now.facts.last_day
    if last - ENDING_AHEAD <= now.day <= last:
        title = _("Le contrat finit le %(day)s : aucun créneau après ce jour.") % {"day": day_long(last)}
        yield Alert("contract_ending", title, source_of("contract_ending"), last)


def _due(code: str, day: date, due: date, ahead: timedelta, title: str, late: str) -> Iterator[Alert]:
    """Nothing long before, then what is to be done by the day, then that it was."""
    if day >= due - ahead:
        text = late if day > due else title
        yield Alert(code, text % {"day": day_long(due)}, source_of(code), due, day > due)


# Those that set a day; the alerts of the others never press.
DATED: tuple[Callable[[Situation], Iterator[Alert]], ...] = (
    fcc_half,
    fcc_total,
    psc_done,
    fcc_attest,
    reviews,
    ending,
)
RULES = (no_substitution, week_min, leave_unused, *DATED)
