"""Why somebody may not take a shift: a ladder of named refusals, in the order that the interface promises.

Values in, findings out. Whoever books and by whatever door, the same ladder is climbed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from civic import clock
from civic.bookings.values import Held, Person, ShiftFacts, Times
from civic.contracts.rules import TRAINING_NAMES
from civic.contracts.sources import source_of
from civic.errors import Finding, Refusal
from civic.formats import day_short, hour_range
from civic.i18n import _

WITHDRAWAL_DEADLINE = timedelta(hours=24)
# How far before a shift the rules look at what somebody holds.
HORIZON = timedelta(days=15)

READINESS = frozenset(
    {"email_unverified", "contract_ready", "medical", "parental_auth", "tutor_assigned", "tutor_minor"}
)

Rule = Callable[[Person, ShiftFacts, Sequence[Held]], str | None]


def judge(person: Person, shift: ShiftFacts, held: Sequence[Held], now: datetime) -> list[Finding]:
    """Every reason why `person`, who holds `held` elsewhere, can't take `shift`; empty when they can."""
    return [*openness(person, shift, now), *fitness(person, shift, held)]


def openness(person: Person, shift: ShiftFacts, now: datetime) -> list[Finding]:
    """Reasons that only matter when a place is taken, not for one already held."""
    found = []
    if not person.verified:
        found.append(_finding("email_unverified", _("Confirmez d’abord votre adresse e-mail : ouvrez le lien reçu.")))
    if shift.state == "cancelled":
        found.append(_finding("shift_not_open", _("Ce créneau est annulé.")))
    elif shift.state == "draft":
        found.append(_finding("shift_not_open", _("Ce créneau est un brouillon : publiez-le d’abord.")))
    if shift.times.starts_at <= now:
        found.append(_finding("shift_started", _("Ce créneau a déjà commencé.")))
    return found


def fitness(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> list[Finding]:
    """Reasons that hold for a place to take and for one already held (`held` leaves this shift's own out)."""
    others = [one for one in held if one.shift_id != shift.id]
    verdicts = ((code, rule(person, shift, others)) for code, rule in LADDER)
    return [_finding(code, title) for code, title in verdicts if title]


def _finding(code: str, title: str) -> Finding:
    return Finding(code, title, source_of(code))


def _site_closed(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    closure = next((one for one in shift.closures if one.touches(shift.times)), None)
    return _("Lieu fermé ce jour-là : %(reason)s.") % {"reason": closure.reason} if closure else None


def _contract_ready(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    """CONTRACT_READY: no shift before the contract begins and its conformity check is done (R121-13)."""
    day = shift.times.day
    contract = person.contract_on(day)
    if contract is None:
        return _("Pas encore de contrat d’engagement. Parlez-en à votre coordination.")
    if day < contract.starts_on:
        return _("Le contrat commence le %(day)s, après ce créneau.") % {"day": day_short(contract.starts_on)}
    if day > contract.last_day:
        return _("Le contrat finit le %(day)s, avant ce créneau.") % {"day": day_short(contract.last_day)}
    return None if contract.conform else _("La conformité du contrat n’est pas encore vérifiée.")


def _medical(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    """MEDICAL: fitness recorded, as a date only (L120-4, R121-10-1)."""
    contract = person.contract_on(shift.times.day)
    return None if contract is None or contract.medical else _("L’aptitude médicale n’est pas encore enregistrée.")


def _parental_auth(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    """PARENTAL_AUTH: a minor's parental authorisation is recorded (L120-5, R121-11)."""
    contract = person.contract_on(shift.times.day)
    if contract is None or contract.parental_auth or not person.minor_on(shift.times.day):
        return None
    return _("L’autorisation parentale n’est pas encore enregistrée.")


def _tutor_assigned(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    """TUTOR_ASSIGNED: a tutor is named on the contract (L120-14; R121-10 6°)."""
    contract = person.contract_on(shift.times.day)
    return None if contract is None or contract.tutor else _("Aucun tuteur n’est encore nommé sur le contrat.")


def _tutor_minor(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    """TUTOR_MINOR: a minor's reinforced tutoring plan is filled in (R121-11)."""
    contract = person.contract_on(shift.times.day)
    if contract is None or contract.minor_tutoring or not person.minor_on(shift.times.day):
        return None
    return _("Le tutorat renforcé des mineurs n’est pas encore rempli.")


def _mission_age(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    age = person.age_on(shift.times.day)
    if age >= shift.min_age:
        return None
    return _("Mission ouverte à partir de %(min)s ans : %(age)s ans ce jour-là.") % {"min": shift.min_age, "age": age}


def _training_missing(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    contract = person.contract_on(shift.times.day)
    missing = shift.trainings - (contract.trainings if contract else frozenset())
    if not missing:
        return None
    names = ", ".join(_(TRAINING_NAMES[code]) for code in sorted(missing))
    return _("Formation à faire avant : %(names)s.") % {"names": names}


def _overlap(person: Person, shift: ShiftFacts, held: Sequence[Held]) -> str | None:
    clash = next((one for one in held if one.state != "waitlisted" and one.times.overlaps(shift.times)), None)
    if clash is None:
        return None
    when = hour_range(clash.times.starts_at, clash.times.ends_at)
    return _("Déjà pris à ce moment-là : %(site)s, %(when)s.") % {"site": clash.site_name, "when": when}


LADDER: tuple[tuple[str, Rule], ...] = (
    ("site_closed", _site_closed),
    ("contract_ready", _contract_ready),
    ("medical", _medical),
    ("parental_auth", _parental_auth),
    ("tutor_assigned", _tutor_assigned),
    ("tutor_minor", _tutor_minor),
    ("mission_age", _mission_age),
    ("training_missing", _training_missing),
    ("overlap", _overlap),
)


def readiness(person: Person, day: date) -> list[Finding]:
    """What stands between a volunteer and any shift on a day, whatever the shift."""
    start = clock.midnight(day) + timedelta(hours=12)
    anywhere = ShiftFacts(
        id=UUID(int=0),
        mission_id=UUID(int=0),
        mission_title="",
        activity="",
        pillar="",
        site_id="",
        site_name="",
        commune="",
        intermunicipality="",
        lat=0,
        lon=0,
        times=Times(start, start + timedelta(hours=1)),
        capacity=2,
        min_staff=1,
        state="published",
        version=0,
    )
    found = openness(person, anywhere, start - timedelta(days=1)) + fitness(person, anywhere, [])
    return [one for one in found if one.code in READINESS]


def may_withdraw(state: str, shift: ShiftFacts, now: datetime) -> Refusal | None:
    """A seat can be given back until a day before the start; leaving a queue or declining is never too late."""
    if state != "confirmed" or now <= shift.times.starts_at - WITHDRAWAL_DEADLINE:
        return None
    return Refusal(
        "cancel_too_late",
        _("Ce créneau commence dans moins de 24 h : prévenez votre coordination par téléphone."),
    )


def first_eligible(
    waiting: Iterable[Held],
    people: Mapping[UUID, Person],
    holdings: Mapping[UUID, list[Held]],
    shift: ShiftFacts,
    now: datetime,
) -> Held | None:
    """The first of a queue who may take a freed place at this moment."""
    for held in waiting:
        person = people[held.volunteer_id]
        if not judge(person, shift, holdings.get(held.volunteer_id, []), now):
            return held
    return None
