"""How times, days and figures are written for people: pure functions, also Jinja filters.

French typography: U+00A0 between a number and its unit, in thousands and around the dash of a range; U+2060
after that dash, so that a range never breaks; U+202F before a percent sign; a true minus sign (U+2212).
Moments are aware and are read in Europe/Paris. Own small tables rather than Babel: a list page formats hundreds
of values.
"""

import math
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from jinja2 import Environment

from civic import clock

NBSP = "\u00a0"
THIN = "\u202f"
MINUS = "\u2212"
DASH = f"{NBSP}\u2013\u2060{NBSP}"

_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_DAYS_SHORT = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
}
_MONTHS_SHORT = {
    "fr": (
        *("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil."),
        *("août", "sept.", "oct.", "nov.", "déc."),
    ),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_NEAR = {
    "fr": {-1: "hier", 0: "aujourd’hui", 1: "demain"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}


def _day(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


def _day_number(day: date, lang: str) -> str:
    return "1er" if lang == "fr" and day.day == 1 else str(day.day)


# Times


def _clock_time(hours: int, minutes: int, lang: str) -> str:
    if lang == "en":
        return f"{hours}:{minutes:02d}"
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if minutes else f"{hours}{NBSP}h"


def hour(moment: datetime, lang: str = "fr") -> str:
    """« 9 h 30 », « 14 h »."""
    here = clock.local(moment)
    return _clock_time(here.hour, here.minute, lang)


@lru_cache(maxsize=4096)
def hour_range(start: datetime, end: datetime, lang: str = "fr") -> str:
    """« 14 h – 17 h »; a shift that ends at midnight ends at 24 h, not at 0 h."""
    return f"{hour(start, lang)}{DASH}{_end_hour(end, lang)}"


@lru_cache(maxsize=4096)
def slot_hours(start: datetime, end: datetime, lang: str = "fr") -> str:
    """For a planning cell: « 9–12 h »; with minutes « 9 h 30 – 12 h 30 », which may break after its dash."""
    first, last = clock.local(start), clock.local(end)
    if lang == "fr" and not first.minute and not last.minute:
        return f"{first.hour}\u2013{last.hour or 24}{NBSP}h"
    return f"{hour(start, lang)}{NBSP}\u2013 {_end_hour(end, lang)}"


def _end_hour(end: datetime, lang: str) -> str:
    here = clock.local(end)
    return _clock_time(here.hour or (0 if here.minute else 24), here.minute, lang)


def duration(hours: float | timedelta, lang: str = "fr") -> str:
    """Hours (or a timedelta), to the minute.

    >>> [duration(hours).replace("\\xa0", "_") for hours in (7.5, 0.5, 32)]
    ['7_h_30', '30_min', '32_h']
    """
    total = round((hours.total_seconds() / 3600 if isinstance(hours, timedelta) else hours) * 60)
    sign = MINUS if total < 0 else ""
    whole, minutes = divmod(abs(total), 60)
    if not whole and minutes:
        return f"{sign}{minutes}{NBSP}min"
    return f"{sign}{number(whole, lang)}{NBSP}h" + (f"{NBSP}{minutes:02d}" if minutes else "")


# Days


def day_short(value: date | datetime, lang: str = "fr") -> str:
    """« sam. 28 nov. »."""
    day = _day(value)
    return f"{_DAYS_SHORT[lang][day.weekday()]}{NBSP}{day_month(day, lang)}"


def day_long(value: date | datetime, lang: str = "fr") -> str:
    """« samedi 28 novembre 2026 »."""
    day = _day(value)
    return f"{_DAYS[lang][day.weekday()]} {_day_number(day, lang)} {_MONTHS[lang][day.month - 1]} {day.year}"


def day_month(value: date | datetime, lang: str = "fr") -> str:
    """« 28 nov. »."""
    day = _day(value)
    return f"{_day_number(day, lang)}{NBSP}{_MONTHS_SHORT[lang][day.month - 1]}"


def day_numeric(value: date | datetime) -> str:
    """« 28/11/2026 », for tables."""
    return f"{_day(value):%d/%m/%Y}"


def weekday(value: date | datetime, lang: str = "fr") -> str:
    """« samedi »."""
    return _DAYS[lang][_day(value).weekday()]


def weekday_short(value: date | datetime, lang: str = "fr") -> str:
    """« sam. »."""
    return _DAYS_SHORT[lang][_day(value).weekday()]


def month(value: date | datetime, lang: str = "fr") -> str:
    """« novembre 2026 »."""
    day = _day(value)
    return f"{_MONTHS[lang][day.month - 1]} {day.year}"


def day_range(first: date, last: date, lang: str = "fr") -> str:
    """« 23 – 29 nov. 2026 »; a month or a year that differs is written on both sides."""
    if first == last:
        return f"{day_month(first, lang)} {first.year}"
    if first.year != last.year:
        start = f"{day_month(first, lang)}{NBSP}{first.year}"
    elif first.month != last.month:
        start = day_month(first, lang)
    else:
        start = _day_number(first, lang)
    return f"{start}{DASH}{day_month(last, lang)} {last.year}"


def week_range(day: date, lang: str = "fr") -> str:
    """The Monday to the Sunday of a day's week."""
    monday = clock.monday(_day(day))
    return day_range(monday, monday + timedelta(days=6), lang)


def moment(value: datetime, lang: str = "fr") -> str:
    """« sam. 28 nov. à 9 h 30 »."""
    return f"{day_short(value, lang)} {'à' if lang == 'fr' else 'at'} {hour(value, lang)}"


def relative_day(value: date | datetime, today: date | None = None, lang: str = "fr") -> str:
    """« aujourd’hui », « demain », « hier », else « sam. 28 nov. »; compared with today unless told."""
    day = _day(value)
    distance = (day - (today or clock.today())).days
    return _NEAR[lang].get(distance) or day_short(day, lang)


# Figures


def number(value: float | int, lang: str = "fr") -> str:
    """A count, rounded to the unit: « 2 048 »."""
    whole = _round(value, 0)
    return f"{MINUS if whole < 0 else ''}{abs(int(whole)):,}".replace(",", "," if lang == "en" else NBSP)


def decimal(value: float, digits: int = 1, lang: str = "fr") -> str:
    """A fixed number of decimals: « 20,1 »."""
    rounded = _round(value, digits)
    text = f"{abs(rounded):,.{digits}f}"
    if lang == "fr":
        text = text.replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def percent(ratio: float, digits: int = 0, lang: str = "fr") -> str:
    """A ratio from 0 to 1: « 91 % »."""
    return f"{decimal(ratio * 100, digits, lang)}{'' if lang == 'en' else THIN}%"


def km(distance: float, lang: str = "fr") -> str:
    """A distance in kilometres, with a decimal below ten: « 3,1 km », « 11 km »."""
    return f"{decimal(distance, 1 if _round(distance, 1) < 10 else 0, lang).removesuffix(',0')}{NBSP}km"


def delta(value: float, previous: float, digits: int = 1, lang: str = "fr") -> str:
    """The change since a previous value other than 0, as a signed share: « +7,4 % », « −6,0 % »."""
    return _signed(percent(abs(value / previous - 1), digits, lang), value - previous)


def delta_points(ratio: float, previous: float, lang: str = "fr") -> str:
    """The change between two ratios, in points: « +3 pts »."""
    points = _round(ratio * 100, 0) - _round(previous * 100, 0)
    return _signed(f"{number(abs(points), lang)}{NBSP}{'pts' if abs(points) > 1 else 'pt'}", points)


def _signed(text: str, change: float) -> str:
    return f"{'+' if change > 0 else MINUS if change < 0 else ''}{text}"


def _round(value: float, digits: int) -> float:
    """Round halves away from zero, as people do (Python rounds 2.5 to 2)."""
    scale: int = 10**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9) / scale, value)


def scale_step(highest: float) -> int:
    """The step of a chart's three grid lines, so that three steps hold the highest value: 201 → 80."""
    needed = max(1, math.ceil(highest / 3))
    # Two figures where there is room for them: 1109 → 1200, not 2000.
    power: int = 10 ** max(0, len(str(needed)) - 2)
    steps = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100) if needed > 9 else (1, 2, 3, 4, 5, 6, 8, 10)
    return next(n * power for n in steps if n * power >= needed)


# Names

# The h of other first names (Hamza, Harold…) is sounded, or may be.
_SILENT_H = ("helen", "helo", "henri", "hector", "hermine", "honor", "hortense", "hubert", "hugo", "hugu", "hippoly")


def initials(name: str) -> str:
    """« IL » for Inès Leroy; the first and the last part of a name."""
    parts = [part for part in name.replace("-", " ").split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


def first_name(name: str) -> str:
    """« Inès » for Inès Leroy."""
    return name.split()[0] if name.strip() else ""


def short_name(name: str) -> str:
    """« Inès L. » for Inès Leroy."""
    parts = name.split()
    return f"{parts[0]}{NBSP}{parts[-1][0].upper()}." if len(parts) > 1 else name


def of_name(name: str) -> str:
    """« d’Adam », « de Yanis », « d’Yves », « d’Hélène »: before a vowel that is heard « de » loses its own."""
    bare = plain(name.strip())
    heard = bare.startswith((*"aeiou", "œ", "æ", *_SILENT_H)) or (bare[:1] == "y" and bare[1:2] not in (*"aeiou", ""))
    return f"d’{name}" if heard else f"de {name}"


_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def plain(text: str) -> str:
    """Lower case without accents, ligatures, hyphens or the shape of apostrophes: what two spellings share."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.lower().translate(_LIGATURES).replace("’", "'").replace("-", " ")


# Letters of two that no decomposition takes apart.
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


_FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(hour, hour_range, slot_hours, duration, moment),
        *(day_short, day_long, day_month, day_numeric, weekday, weekday_short, month, day_range, week_range),
        *(relative_day, number, decimal, percent, km, delta, delta_points, scale_step),
        *(initials, first_name, short_name, of_name),
    )
}


def install(environment: Environment) -> None:
    """Give a Jinja environment every function above as a filter of the same name."""
    environment.filters.update(_FILTERS)
