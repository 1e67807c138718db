"""The one place that asks the time; weeks and days are those of Europe/Paris."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

PARIS = ZoneInfo("Europe/Paris")
# Seven days from a Monday on, to name the days of a week without a date.
MONDAYS_WEEK = tuple(date(2024, 1, day) for day in range(1, 8))


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Europe/Paris."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """An aware instant as people read it on a clock in Lens."""
    return moment.astimezone(PARIS)


@lru_cache(maxsize=16_384)
def local_day(moment: datetime) -> date:
    """The day that an instant falls on in Lens; remembered, since rules ask it of the same shifts over and over."""
    return local(moment).date()


def at(day: date, clock_time: time) -> datetime:
    """The UTC instant of a local day and time.

    Raises ValueError for a time that the spring clock change skips; a time that the autumn change repeats means its
    first passage.
    """
    moment = datetime.combine(day, clock_time, tzinfo=PARIS).astimezone(UTC)
    if moment.astimezone(PARIS).replace(tzinfo=None) != datetime.combine(day, clock_time):
        raise ValueError(f"{day} {clock_time} does not exist in Europe/Paris")
    return moment


def midnight(day: date) -> datetime:
    """The UTC instant at which a local day begins (midnight never falls in a clock change here)."""
    return at(day, time())


def oclock(day: date, hour: float) -> datetime:
    """The UTC instant at which a local clock shows an hour of a day (24 is the next midnight).

    An hour that the spring night skips counts as the one after it.
    """
    return (datetime.combine(day, time(), tzinfo=PARIS) + timedelta(hours=hour)).astimezone(UTC)


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """The half-open UTC interval that covers the local days first to last, both included."""
    return midnight(first), midnight(last + timedelta(days=1))


@lru_cache(maxsize=4096)
def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def days(first: date, last: date) -> Iterator[date]:
    """Every local day from first to last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def age_on(birth: date, day: date) -> int:
    """Whole years lived on a day; somebody born on 29 February has their birthday on 1 March in common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def year_before(day: date) -> date:
    """The same day a year earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> dict[date, str]:
    # Pas-de-Calais has the days of metropolitan France and no more.
    named = country_holidays("FR", years=year, language="fr")
    return {day: name.replace("'", "’") for day, name in named.items()}


def public_holiday(day: date) -> str | None:
    """The name of the public holiday that a day is in Pas-de-Calais, None for any other day."""
    return _public_holidays(day.year).get(day)
