"""Warnings about when somebody would rather not serve, and about whom they would serve with."""

from datetime import datetime
from functools import lru_cache

from civic import clock
from civic.bookings.agenda import Agenda, touched
from civic.bookings.values import Company, Person, ShiftFacts, Stretch, Times
from civic.i18n import _, ngettext
from civic.volunteers.availability import day_name, hours_of


def unavailable(person: Person, shift: ShiftFacts, agenda: Agenda) -> str | None:
    """The shift touches a part of the week in which the person said that they can’t come (local rule)."""
    for stretch in person.unavailable:
        if _touches(stretch, shift.times):
            return _("Indisponible le %(day)s, %(hours)s.") % {
                "day": day_name(stretch.weekday),
                "hours": hours_of(stretch.starts_minute, stretch.ends_minute),
            }
    return None


@lru_cache(maxsize=16_384)
def _touches(stretch: Stretch, times: Times) -> bool:
    for day in touched(times):
        if day.weekday() == stretch.weekday:
            starts = clock.oclock(day, stretch.starts_minute / 60)
            if starts < times.ends_at and times.starts_at < _end(clock.oclock(day, stretch.ends_minute / 60)):
                return True
    return False


def _end(moment: datetime) -> datetime:
    """The second passage of an hour that the autumn night shows twice: until then the stretch goes on."""
    return clock.local(moment).replace(fold=1).astimezone(moment.tzinfo)


def newcomer_alone(person: Person, shift: ShiftFacts, company: Company) -> str | None:
    """Somebody with few shifts behind them would be the first, and so far the only one, on a shift (local rule).

    Whatever the minimum of the shift: where one person is enough, a newcomer really stays alone. Beside somebody seated
    it says nothing, be they new too: how many shifts others have served is not told to whoever books.
    """
    limit = shift.limits.newcomer_shifts
    if limit is None or not is_newcomer(person, shift) or company.others(person.volunteer_id):
        return None
    text = ngettext(
        "Encore personne d’autre ici : pour un premier créneau, mieux vaut venir avec quelqu’un.",
        "Encore personne d’autre ici : pour les %(n)s premiers créneaux, mieux vaut venir avec quelqu’un.",
        int(limit),
    )
    return text % {"n": int(limit)}


def pair_wish(person: Person, shift: ShiftFacts, company: Company) -> str | None:
    """A coordinator noted that the person is never to be put with somebody who is seated (local rule).

    A wish for two people together that is not met is none: it orders the list of who could come.
    """
    names = [
        one.volunteer_name
        for one in company.others(person.volunteer_id)
        if company.wishes.get(frozenset((person.volunteer_id, one.volunteer_id))) == "apart"
    ]
    return _("Jamais ensemble, d’après vos notes : %(names)s.") % {"names": ", ".join(names)} if names else None


def is_newcomer(person: Person, shift: ShiftFacts) -> bool:
    """Few shifts behind them, by the setting of the day; nobody while it is switched off."""
    limit = shift.limits.newcomer_shifts
    return limit is not None and person.shifts_served < limit


def together_with(person: Person, company: Company) -> tuple[str, ...]:
    """Those seated whom a coordinator wishes to see with this person."""
    return tuple(
        one.volunteer_name
        for one in company.others(person.volunteer_id)
        if company.wishes.get(frozenset((person.volunteer_id, one.volunteer_id))) == "together"
    )
