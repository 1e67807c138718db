"""Why somebody may not take a shift, or should think twice: a ladder of named rules in the promised order.

Values in, findings out. Whoever books and by whatever door, the same ladder is climbed. The rules themselves stand in
`standing` (place, papers, leave, overlap), `law` (hours, rest, night, risk) and `advice` (warnings).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from civic import clock
from civic.bookings import advice, company, law, standing
from civic.bookings.agenda import Agenda
from civic.bookings.values import Company, Held, Person, ShiftFacts, Times
from civic.contracts.limits import Limits
from civic.contracts.sources import source_of
from civic.errors import Finding, Refusal
from civic.formats import duration, moment
from civic.i18n import _, ngettext

# How far before a shift the rules look at what somebody holds.
HORIZON = timedelta(days=15)

READINESS = frozenset(
    {"email_unverified", "contract_ready", "medical", "parental_auth", "tutor_assigned", "tutor_minor"}
)

Rule = Callable[[Person, ShiftFacts, Agenda], str | None]
Companion = Callable[[Person, ShiftFacts, Company], str | None]
Ladder = Mapping[bool, tuple[tuple[str, Rule], ...]]

LADDER: tuple[tuple[str, Rule], ...] = (
    ("site_closed", standing.site_closed),
    ("contract_ready", standing.contract_ready),
    ("medical", standing.medical),
    ("parental_auth", standing.parental_auth),
    ("tutor_assigned", standing.tutor_assigned),
    ("tutor_minor", standing.tutor_minor),
    ("mission_age", standing.mission_age),
    ("training_missing", standing.training_missing),
    ("leave_conflict", standing.leave_conflict),
    ("overlap", standing.overlap),
    ("week_max_adult", law.week_max_adult),
    ("week_days_adult", law.week_days_adult),
    ("week_max_minor", law.week_max_minor),
    ("week_days_minor", law.week_days_minor),
    ("day_max_minor", law.day_max_minor),
    ("break_minor", law.break_minor),
    ("night_minor", law.night_minor),
    ("weekly_rest_minor", law.weekly_rest_minor),
    ("holiday_minor", law.holiday_minor),
    ("risk_minor", law.risk_minor),
    ("lone_minor", law.lone_minor),
)
WARNINGS: tuple[tuple[str, Rule], ...] = (
    ("week_contract", advice.week_contract),
    ("stand_minor", advice.stand_minor),
    ("daily_rest_adult", advice.daily_rest_adult),
    ("daily_rest_minor", advice.daily_rest_minor),
    ("long_day_adult", advice.long_day_adult),
    ("holiday_adult", advice.holiday_adult),
    ("late_adult", advice.late_adult),
    ("minor_public", advice.minor_public),
    ("travel", advice.travel),
    ("unavailable", company.unavailable),
)
BESIDE_OTHERS: tuple[tuple[str, Companion], ...] = (
    ("newcomer_alone", company.newcomer_alone),
    ("pair_wish", company.pair_wish),
)
# What only coordinators may learn.
DISCREET = frozenset({"pair_wish"})


def _of_age(ladder: Iterable[tuple[str, Rule]]) -> Ladder:
    """The rules to ask about an adult (False) and a minor (True): what a name keeps for the other age is left out."""
    named = tuple(ladder)
    return {
        minor: tuple((code, rule) for code, rule in named if not code.endswith("_adult" if minor else "_minor"))
        for minor in (False, True)
    }


_LADDER, _WARNINGS = _of_age(LADDER), _of_age(WARNINGS)


def judge(
    person: Person, shift: ShiftFacts, held: Iterable[Held] | Agenda, now: datetime, *, own: bool = False
) -> list[Finding]:
    """Every reason why `person`, who holds `held` elsewhere, can't take `shift`; empty when they can.

    `own` says that they take it themselves: the booking window and the cap of the week are for that alone.
    """
    agenda = _elsewhere(held, shift)
    return [
        *openness(person, shift, now),
        *(fairness(shift, agenda, now) if own else ()),
        *fitness(person, shift, agenda),
    ]


def openness(person: Person, shift: ShiftFacts, now: datetime) -> list[Finding]:
    """Reasons that only matter when a place is taken, not for one already held."""
    found = []
    if not person.verified:
        found.append(_finding("email_unverified", _("Confirmez d’abord votre adresse e-mail : ouvrez le lien reçu.")))
    if shift.state == "cancelled":
        found.append(_finding("shift_not_open", _("Ce créneau est annulé.")))
    elif shift.state == "draft":
        found.append(_finding("shift_not_open", _("Ce créneau est un brouillon : publiez-le d’abord.")))
    return [*found, *too_late(shift, now)]


def too_late(shift: ShiftFacts, now: datetime) -> list[Finding]:
    """Whether the shift has begun."""
    return [_finding("shift_started", _("Ce créneau a déjà commencé."))] if shift.times.starts_at <= now else []


def fairness(shift: ShiftFacts, agenda: Agenda, now: datetime) -> list[Finding]:
    """What keeps the fastest from taking everything: the booking window, and a cap of self-booked places a week."""
    found = []
    opens = opens_at(shift)
    if opens is not None and now < opens:
        found.append(
            _finding("booking_window", _("Les réservations s’ouvrent le %(moment)s.") % {"moment": moment(opens)})
        )
    cap, limits = shift.limits.self_cap, shift.limits
    if cap is not None and now < shift.times.starts_at - timedelta(hours=limits.self_cap_until):
        monday = clock.monday(shift.times.day)
        taken = sum(one.own_choice for one in agenda.seats if clock.monday(one.times.day) == monday)
        if taken + 1 > cap:
            text = ngettext(
                "Vous avez déjà choisi %(n)s créneau cette semaine-là. Le plafond tombe %(late)s avant le début.",
                "Vous avez déjà choisi %(n)s créneaux cette semaine-là. Le plafond tombe %(late)s avant le début.",
                taken,
            )
            found.append(_finding("self_booking_cap", text % {"n": taken, "late": duration(limits.self_cap_until)}))
    return found


def opens_at(shift: ShiftFacts) -> datetime | None:
    """When volunteers may begin to book a shift; None when the window is switched off."""
    if shift.limits.window_days is None:
        return None
    day = shift.times.day - timedelta(days=int(shift.limits.window_days))
    return clock.oclock(day, shift.limits.window_hour)


def opening(limits: Limits) -> list[str]:
    """What volunteers are told before they tap about when, and how many, they may book; empty when all is off."""
    told = []
    if limits.window_days is not None:
        text = ngettext(
            "Les réservations s’ouvrent %(n)s jour avant, à %(hour)s.",
            "Les réservations s’ouvrent %(n)s jours avant, à %(hour)s.",
            int(limits.window_days),
        )
        told.append(text % {"n": int(limits.window_days), "hour": duration(limits.window_hour)})
    if limits.self_cap is not None:
        text = ngettext(
            "%(n)s créneau choisi par semaine au plus, jusqu’à %(late)s avant le début.",
            "%(n)s créneaux choisis par semaine au plus, jusqu’à %(late)s avant le début.",
            int(limits.self_cap),
        )
        told.append(text % {"n": int(limits.self_cap), "late": duration(limits.self_cap_until)})
    return told


def fitness(person: Person, shift: ShiftFacts, held: Iterable[Held] | Agenda) -> list[Finding]:
    """Blocking rules that hold for a place to take and for one already held."""
    return _findings(_LADDER, person, shift, _elsewhere(held, shift))


def advise(
    person: Person, shift: ShiftFacts, held: Iterable[Held] | Agenda, beside: Company | None = None
) -> list[Finding]:
    """Warnings, in order: they never refuse. `beside` is None where whom they would serve with is no question."""
    found = _findings(_WARNINGS, person, shift, _elsewhere(held, shift))
    if beside is not None:
        verdicts = ((code, rule(person, shift, beside)) for code, rule in BESIDE_OTHERS)
        found.extend(_finding(code, title) for code, title in verdicts if title)
    return found


def open_to_all(warnings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What the person themself, their mails and the audit log may hold of some warnings."""
    return tuple(one for one in warnings if one.code not in DISCREET)


def _elsewhere(held: Iterable[Held] | Agenda, shift: ShiftFacts) -> Agenda:
    """The agenda without the shift itself: somebody's own seat does not stand in their way."""
    if isinstance(held, Agenda) and not any(one.shift_id == shift.id for one in held.on(shift.times.day)):
        return held
    seats = held.seats if isinstance(held, Agenda) else held
    return Agenda(one for one in seats if one.shift_id != shift.id)


def _findings(ladder: Ladder, person: Person, shift: ShiftFacts, agenda: Agenda) -> list[Finding]:
    verdicts = ((code, rule(person, shift, agenda)) for code, rule in ladder[person.minor_on(shift.times.day)])
    return [_finding(code, title) for code, title in verdicts if title]


def _finding(code: str, title: str) -> Finding:
    return Finding(code, title, source_of(code))


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
    """A seat can be given back until the deadline (24 h); leaving a queue or declining is never too late."""
    if state != "confirmed" or now <= withdrawal_deadline(shift):
        return None
    if shift.times.ends_at <= now:
        return Refusal("cancel_too_late", _("Ce créneau est fini : la coordination note qui est venu."))
    text = _(
        "Ce créneau commence dans moins de %(limit)s : dites « Je ne peux pas venir », et les autres sont prévenus."
    )
    return Refusal("cancel_too_late", text % {"limit": duration(shift.limits.withdrawal_hours)})


def withdrawal_deadline(shift: ShiftFacts) -> datetime:
    return shift.times.starts_at - timedelta(hours=shift.limits.withdrawal_hours)


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
        if not judge(person, shift, holdings.get(held.volunteer_id, []), now, own=held.own_choice):
            return held
    return None


# An offer is never shorter: a phone in a pocket is not looked at every minute.
SHORTEST_OFFER = timedelta(minutes=15)


def offer_deadline(shift: ShiftFacts, now: datetime) -> datetime:
    """Until when a freed place is held for one person: half of the time that is left, 12 h at most."""
    left = shift.times.starts_at - now
    return now + max(SHORTEST_OFFER, min(timedelta(hours=shift.limits.offer_hours), left / 2))


def in_rush(shift: ShiftFacts, now: datetime) -> bool:
    """So close to the start that a freed place goes to the first of the queue who answers."""
    left = shift.times.starts_at - now
    return timedelta() < left <= timedelta(hours=shift.limits.rush_hours)


def overdue(deadline: datetime | None, now: datetime) -> bool:
    """An offer is past at its deadline."""
    return deadline is not None and deadline <= now
