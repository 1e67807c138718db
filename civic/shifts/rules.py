"""What makes a shift well formed, whoever plans it and by whatever door."""

from datetime import date, datetime, timedelta

from civic import clock
from civic.formats import day_long
from civic.i18n import _
from civic.shifts.values import ShiftValues

LONGEST = timedelta(hours=14)
LATEST_IN_PAST = timedelta(days=31)


def problems(
    *, starts_at: datetime, ends_at: datetime, break_minutes: int, capacity: int, min_staff: int
) -> dict[str, str]:
    """A sentence per wrong field; empty when the shift is well formed."""
    found: dict[str, str] = {}
    length = ends_at - starts_at
    if length <= timedelta():
        found["ends_at"] = _("La fin vient après le début. Si le créneau passe minuit, donnez le jour suivant.")
    elif length > LONGEST:
        found["ends_at"] = _("Un créneau dure 14 h au plus. Coupez-le en deux.")
    elif timedelta(minutes=break_minutes) >= length:
        found["break_minutes"] = _("La pause est plus longue que le créneau.")
    if min_staff > capacity:
        found["min_staff"] = _("Le minimum dépasse le nombre de places.")
    return found


def problems_of(values: ShiftValues) -> dict[str, str]:
    """`problems` of what somebody fills in to plan a shift."""
    return problems(
        starts_at=values.starts_at,
        ends_at=values.ends_at,
        break_minutes=values.break_minutes,
        capacity=values.capacity,
        min_staff=values.min_staff,
    )


def too_old(starts_at: datetime, now: datetime) -> dict[str, str]:
    """A new shift may be noted after the fact for a month; further back it is most likely a slip of the year."""
    if starts_at >= now - LATEST_IN_PAST:
        return {}
    return {"starts_at": _("Ce jour est passé depuis plus d’un mois. Vérifiez l’année.")}


def outside_period(starts_at: datetime, first: date | None, last: date | None) -> str:
    """Why a mission's period does not hold a shift's day; empty when it does. Both days are included."""
    day = clock.local_day(starts_at)
    if first and day < first:
        return _("La mission commence le %(day)s : choisissez un jour de sa période.") % {"day": day_long(first)}
    if last and day > last:
        return _("La mission s’arrête le %(day)s : choisissez un jour de sa période.") % {"day": day_long(last)}
    return ""
