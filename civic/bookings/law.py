"""The limits of the law on hours, days, rest, night and risk, each judged on the week as it would be with the shift."""

from datetime import date, timedelta
from functools import lru_cache

from civic import clock
from civic.bookings.agenda import Agenda, at_night, longest_stretch, mondays, shares_of, touched
from civic.bookings.values import Person, ShiftFacts
from civic.formats import day_long, duration
from civic.i18n import _, ngettext

# Sums of quarters of an hour in floating point: a limit is reached, not passed, within a second.
CLOSE = 1 / 3600


def week_max_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEK_MAX_ADULT: planned hours of a week (L120-8; the number is from memory)."""
    return None if person.minor_on(shift.times.day) else _week_hours(shift, agenda, shift.limits.week_max_adult)


def week_max_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEK_MAX_MINOR: planned hours of a minor's week (L120-8; the number is from memory)."""
    return _week_hours(shift, agenda, shift.limits.week_max_minor) if person.minor_on(shift.times.day) else None


def _week_hours(shift: ShiftFacts, agenda: Agenda, limit: float) -> str | None:
    for monday in mondays(shift.times):
        held, added = agenda.week_hours(monday), week_share(shift, monday)
        if added and held + added > limit + CLOSE:
            return week_sum(held, added, limit)
    return None


def week_share(shift: ShiftFacts, monday: date) -> float:
    """Hours of a shift that fall in a week."""
    last, shares = monday + timedelta(days=6), shares_of(shift.times)
    return sum(hours for day, hours in shares.items() if monday <= day <= last)


def week_sum(held: float, added: float, limit: float) -> str:
    """The sum that a coordinator would do by hand."""
    return _("%(held)s + %(added)s = %(total)s, la limite est %(limit)s par semaine.") % sum_of(held, added, limit)


def sum_of(held: float, added: float, limit: float) -> dict[str, str]:
    """The four figures of a sum of hours, as people write them."""
    return {
        "held": duration(held),
        "added": duration(added),
        "total": duration(held + added),
        "limit": duration(limit),
    }


def week_days_adult(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEK_DAYS_ADULT: days with a shift in a week (L120-8; the number is from memory)."""
    return None if person.minor_on(shift.times.day) else _week_days(shift, agenda, shift.limits.week_days_adult)


def week_days_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEK_DAYS_MINOR: days with a shift in a minor's week (L120-8; the number is from memory)."""
    return _week_days(shift, agenda, shift.limits.week_days_minor) if person.minor_on(shift.times.day) else None


def _week_days(shift: ShiftFacts, agenda: Agenda, limit: float) -> str | None:
    for monday in mondays(shift.times):
        busy = agenda.busy_days(monday)
        total = len(busy | _own_days(shift, monday))
        if total > limit:
            return _("%(held)s + %(added)s = %(total)s, la limite est %(limit)s par semaine.") % {
                "held": _days(len(busy)),
                "added": _days(total - len(busy)),
                "total": _days(total),
                "limit": _days(int(limit)),
            }
    return None


def _days(count: int) -> str:
    return ngettext("%(n)s jour", "%(n)s jours", count) % {"n": count}


def _own_days(shift: ShiftFacts, monday: date) -> set[date]:
    last = monday + timedelta(days=6)
    return {day for day in shares_of(shift.times) if monday <= day <= last}


def day_max_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """DAY_MAX_MINOR: hours of a minor's day (R121-12)."""
    limit = shift.limits.day_max_minor
    if not person.minor_on(shift.times.day):
        return None
    for day, added in shares_of(shift.times).items():
        held = agenda.hours(day)
        if held + added > limit + CLOSE:
            return day_sum(held, added, limit)
    return None


def day_sum(held: float, added: float, limit: float) -> str:
    """The sum of one day; without a shift already held there is nothing to add up."""
    if not held:
        return _("%(total)s dans la journée, la limite est %(limit)s par jour.") % sum_of(held, added, limit)
    return _("%(held)s + %(added)s = %(total)s, la limite est %(limit)s par jour.") % sum_of(held, added, limit)


def break_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """BREAK_MINOR: a minor rests as soon as an uninterrupted period reaches 4 h 30 (R121-12)."""
    if not person.minor_on(shift.times.day):
        return None
    limits = shift.limits
    others = [one.times for one in agenda.around(shift.times)]
    stretch = longest_stretch(shift.times, others, timedelta(minutes=limits.break_minor_minutes))
    if stretch < limits.break_minor_after - CLOSE:
        return None
    return _("%(stretch)s de suite : avant 18 ans, une pause d’au moins %(pause)s est due avant %(limit)s.") % {
        "stretch": duration(stretch),
        "pause": duration(limits.break_minor_minutes / 60),
        "limit": duration(limits.break_minor_after),
    }


def night_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """NIGHT_MINOR: not a minute between 22:00 and 06:00 (R121-12)."""
    starts, ends = shift.limits.night_starts, shift.limits.night_ends
    if not person.minor_on(shift.times.day) or not at_night(shift.times, starts, ends):
        return None
    return _("Entre %(starts)s et %(ends)s, pas de créneau avant 18 ans.") % {
        "starts": duration(starts),
        "ends": duration(ends),
    }


def weekly_rest_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """WEEKLY_REST_MINOR: two free days in a row within one Monday to Sunday (R121-12)."""
    if not person.minor_on(shift.times.day):
        return None
    wanted = int(shift.limits.rest_days_minor)
    for monday in mondays(shift.times):
        rest = _longest_rest(agenda.busy_days(monday) | _own_days(shift, monday), monday)
        if rest < wanted:
            return _("Repos de la semaine, du lundi au dimanche : %(rest)s de suite, il en faut %(wanted)s.") % {
                "rest": _days(rest),
                "wanted": wanted,
            }
    return None


@lru_cache(maxsize=4096)
def _longest_rest(busy: frozenset[date], monday: date) -> int:
    longest = run = 0
    for day in clock.days(monday, monday + timedelta(days=6)):
        run = 0 if day in busy else run + 1
        longest = max(longest, run)
    return longest


def holiday_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """HOLIDAY_MINOR: no shift on a public holiday (R121-12)."""
    if not person.minor_on(shift.times.day):
        return None
    for day in touched(shift.times):
        name = clock.public_holiday(day)
        if name:
            return _("Jour férié (%(name)s, %(day)s) : pas de créneau avant 18 ans.") % {
                "name": name,
                "day": day_long(day),
            }
    return None


def risk_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """RISK_MINOR: missions with regulated risks are closed to minors (R121-12)."""
    if "regulated_risk" not in shift.tags or not person.minor_on(shift.times.day):
        return None
    return _("Mission à risque réglementé : à partir de 18 ans.")


def lone_minor(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """LONE_MINOR: a minor does not serve alone, so a shift of one place is refused (local rule, R121-11)."""
    if shift.capacity > 1 or not person.minor_on(shift.times.day):
        return None
    return _("Une seule place sur ce créneau : avant 18 ans, on n’est jamais seul.")
