"""Whether somebody may serve on a shift at all: the place, the papers of the engagement, age, training, leave, time."""

from civic.bookings.agenda import Agenda, touched
from civic.bookings.values import Person, ShiftFacts
from civic.contracts.rules import TRAINING_NAMES
from civic.formats import day_long, day_short, hour_range
from civic.i18n import _


def site_closed(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    closure = next((one for one in shift.closures if one.touches(shift.times)), None)
    return _("Lieu fermé ce jour-là : %(reason)s.") % {"reason": closure.reason} if closure else None


def contract_ready(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
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


def medical(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """MEDICAL: fitness recorded, as a date only (L120-4, R121-10-1)."""
    contract = person.contract_on(shift.times.day)
    return None if contract is None or contract.medical else _("L’aptitude médicale n’est pas encore enregistrée.")


def parental_auth(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """PARENTAL_AUTH: a minor's parental authorisation is recorded (L120-5, R121-11)."""
    contract = person.contract_on(shift.times.day)
    if contract is None or contract.parental_auth or not person.minor_on(shift.times.day):
        return None
    return _("L’autorisation parentale n’est pas encore enregistrée.")


def tutor_assigned(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """TUTOR_ASSIGNED: a tutor is named on the contract (L120-14; R121-10 6°)."""
    contract = person.contract_on(shift.times.day)
    return None if contract is None or contract.tutor else _("Aucun tuteur n’est encore nommé sur le contrat.")


def tutor_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """TUTOR_MINOR: a minor's reinforced tutoring plan is filled in (R121-11)."""
    contract = person.contract_on(shift.times.day)
    if contract is None or contract.minor_tutoring or not person.minor_on(shift.times.day):
        return None
    return _("Le tutorat renforcé des mineurs n’est pas encore rempli.")


def mission_age(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    age = person.age_on(shift.times.day)
    if age >= shift.min_age:
        return None
    return _("Mission ouverte à partir de %(min)s ans : %(age)s ans ce jour-là.") % {"min": shift.min_age, "age": age}


def training_missing(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    contract = person.contract_on(shift.times.day)
    missing = shift.trainings - (contract.trainings if contract else frozenset())
    if not missing:
        return None
    names = ", ".join(_(TRAINING_NAMES[code]) for code in sorted(missing))
    return _("Formation à faire avant : %(names)s.") % {"names": names}


def leave_conflict(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """LEAVE_CONFLICT: nobody serves on a day of approved leave (logic)."""
    days = touched(shift.times)
    leave = next((one for one in person.leaves if one.starts_on <= days[-1] and days[0] <= one.ends_on), None)
    if leave is None:
        return None
    if leave.starts_on == leave.ends_on:
        return _("En congé le %(day)s.") % {"day": day_long(leave.starts_on)}
    away = {"first": day_short(leave.starts_on), "last": day_short(leave.ends_on)}
    # Most short months end with a full stop of their own.
    return (_("En congé du %(first)s au %(last)s") % away).rstrip(".") + "."


def overlap(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """Nobody is in two places at once; touching shifts do not overlap."""
    clash = next((one for one in agenda.around(shift.times) if one.times.overlaps(shift.times)), None)
    if clash is None:
        return None
    when = hour_range(clash.times.starts_at, clash.times.ends_at)
    return _("Déjà pris à ce moment-là : %(site)s, %(when)s.") % {"site": clash.site_name, "when": when}
