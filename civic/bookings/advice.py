"""What to think about twice: warnings never refuse, they are said before and after, and a coordinator answers them."""

from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from civic import clock
from civic.bookings.agenda import Agenda, at_night, longest_stretch, mondays, shares_of, touched
from civic.bookings.law import CLOSE, day_sum, sum_of, week_share
from civic.bookings.values import Held, Person, ShiftFacts
from civic.formats import duration, km
from civic.i18n import _

EARTH_KM = 6371.0
# The first of May is the one holiday that the law itself keeps free.
MAY_DAY = (5, 1)


def week_contract(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEK_CONTRACT: well above the week of the contract (local rule: 20 % more)."""
    contract = person.contract_on(shift.times.day)
    if contract is None:
        return None
    limit = contract.weekly_hours * (1 + shift.limits.week_contract_percent / 100)
    for monday in mondays(shift.times):
        held, added = agenda.week_hours(monday), week_share(shift, monday)
        if added and held + added > limit + CLOSE:
            return _("%(held)s + %(added)s = %(total)s, le contrat prévoit %(limit)s par semaine.") % sum_of(
                held, added, contract.weekly_hours
            )
    return None


def stand_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """STAND_MINOR: a minor’s outdoor stand, 2 h in a row and 6 h a day (service-public F15547, 2014)."""
    if "stand_duty" not in shift.tags or not person.minor_on(shift.times.day):
        return None
    limits = shift.limits
    stands = [one.times for one in agenda.around(shift.times) if one.stand_duty]
    row = longest_stretch(shift.times, stands, timedelta(minutes=1))
    if row > limits.stand_row_minor + CLOSE:
        return _("%(row)s de stand dehors de suite : %(limit)s au plus avant 18 ans.") % {
            "row": duration(row),
            "limit": duration(limits.stand_row_minor),
        }
    for day, added in shares_of(shift.times).items():
        held = sum(shares_of(times).get(day, 0.0) for times in stands)
        if held + added > limits.stand_day_minor + CLOSE:
            return _("Stand dehors : %(sum)s") % {"sum": day_sum(held, added, limits.stand_day_minor)}
    return None


def daily_rest_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """DAILY_REST_ADULT: less than 11 h between two days (borrowed good practice)."""
    return None if person.minor_on(shift.times.day) else _rest(shift, agenda, shift.limits.daily_rest_adult)


def daily_rest_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """DAILY_REST_MINOR: less than 12 h between two days (borrowed from L3164-1 of the Code du travail)."""
    return _rest(shift, agenda, shift.limits.daily_rest_minor) if person.minor_on(shift.times.day) else None


def _rest(shift: ShiftFacts, agenda: Agenda, limit: float) -> str | None:
    gap = min((gap for gap in (_gap(shift, one) for one in agenda.around(shift.times)) if gap is not None), default=24)
    if gap >= limit:
        return None
    return _("%(gap)s de repos entre deux jours : %(limit)s sont conseillées.") % {
        "gap": duration(gap),
        "limit": duration(limit),
    }


def _gap(shift: ShiftFacts, held: Held) -> float | None:
    """Hours between two shifts of different days; two of one day are that day’s own matter."""
    first, second = sorted((shift.times, held.times), key=lambda one: one.starts_at)
    if first.day == second.day or second.starts_at < first.ends_at:
        return None
    return (second.starts_at - first.ends_at).total_seconds() / 3600


def long_day_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """LONG_DAY_ADULT: more than 10 h in a day, or 6 h without 20 minutes of break (borrowed good practice)."""
    if person.minor_on(shift.times.day):
        return None
    limits = shift.limits
    said = [
        _long_day(agenda.hours(day), added, limits.long_day_adult)
        for day, added in shares_of(shift.times).items()
        if agenda.hours(day) + added > limits.long_day_adult + CLOSE
    ][:1]
    others = [one.times for one in agenda.around(shift.times)]
    stretch = longest_stretch(shift.times, others, timedelta(minutes=limits.break_adult_minutes))
    if stretch > limits.break_adult_after + CLOSE:
        words = _("%(stretch)s de suite : prévoyez une pause de %(pause)s.")
        said.append(words % {"stretch": duration(stretch), "pause": duration(limits.break_adult_minutes / 60)})
    return " ".join(said) or None


def _long_day(held: float, added: float, limit: float) -> str:
    if not held:
        return _("%(total)s dans la journée : %(limit)s au plus sont conseillées.") % sum_of(held, added, limit)
    return _("%(held)s + %(added)s = %(total)s dans la journée : %(limit)s au plus sont conseillées.") % sum_of(
        held, added, limit
    )


def holiday_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """HOLIDAY_ADULT: a shift on a public holiday (rules of the host body), with stronger words on 1 May."""
    if person.minor_on(shift.times.day):
        return None
    for day in touched(shift.times):
        name = clock.public_holiday(day)
        if name and (day.month, day.day) == MAY_DAY:
            return _("Le 1er mai est chômé pour tout le monde : à éviter, et jamais imposé.")
        if name:
            return _("Jour férié (%(name)s) : ce créneau ne s’impose pas, il se choisit.") % {"name": name}
    return None


def late_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """LATE_ADULT: at night or on a Sunday, with the volunteer’s agreement (no rule found; local)."""
    if person.minor_on(shift.times.day):
        return None
    if at_night(shift.times, shift.limits.night_starts, shift.limits.night_ends):
        return _("Créneau de nuit : il ne s’impose pas, il se choisit.")
    if any(day.weekday() == 6 for day in touched(shift.times)):
        return _("Créneau du dimanche : il ne s’impose pas, il se choisit.")
    return None


def minor_public(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """MINOR_PUBLIC: a minor with a vulnerable public is flagged for the tutor (service-civique.gouv.fr)."""
    if "vulnerable_public" not in shift.tags or not person.minor_on(shift.times.day):
        return None
    return _("Public fragile et moins de 18 ans : à préparer avec la tutrice ou le tuteur.")


def travel(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """Two sites on one day, with less time between them than the way takes (local rule, as the crow flies)."""
    for one in sorted(agenda.around(shift.times, days=0), key=lambda held: held.times.starts_at):
        if one.site_id in ("", shift.site_id) or one.lat is None or one.lon is None:
            continue
        first, second = sorted((shift.times, one.times), key=lambda times: times.starts_at)
        gap = (second.starts_at - first.ends_at).total_seconds() / 3600
        away = kilometres(one.lat, one.lon, shift.lat, shift.lon)
        needed = away / shift.limits.travel_speed
        if 0 <= gap < needed:
            values = {"km": km(away), "site": one.site_name, "needed": duration(needed), "gap": duration(gap)}
            if gap * 60 < 1:
                return _("%(km)s jusqu’à %(site)s : comptez %(needed)s, or les deux créneaux se touchent.") % values
            return _("%(km)s jusqu’à %(site)s : comptez %(needed)s, il y a %(gap)s entre les deux.") % values
    return None


def kilometres(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance between two points in degrees."""
    first, second = radians(lat_a), radians(lat_b)
    half = sin((second - first) / 2) ** 2
    half += cos(first) * cos(second) * sin(radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))
