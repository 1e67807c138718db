"""The days that shape the rhythm: school holidays, public holidays, weather."""

from datetime import date

from civic.clock import days
from civic.demo.chance import Chance

# First and last free day of zone B (academy of Lille); 2027-2028 is our expectation.
SCHOOL_HOLIDAYS = tuple(
    (date.fromisoformat(first), date.fromisoformat(last))
    for first, last in (
        ("2025-07-05", "2025-08-31"),
        ("2025-10-18", "2025-11-02"),
        ("2025-12-20", "2026-01-04"),
        ("2026-02-14", "2026-03-01"),
        ("2026-04-11", "2026-04-26"),
        ("2026-07-04", "2026-08-31"),
        ("2026-10-17", "2026-11-01"),
        ("2026-12-19", "2027-01-03"),
        ("2027-02-20", "2027-03-07"),
        ("2027-04-17", "2027-05-02"),
        ("2027-07-03", "2027-08-31"),
        ("2027-10-23", "2027-11-07"),
        ("2027-12-18", "2028-01-02"),
        ("2028-02-19", "2028-03-05"),
        ("2028-04-15", "2028-05-01"),
        ("2028-07-05", "2028-08-31"),
    )
)
SEASONS = ("hiver", "hiver", *["printemps"] * 3, *["ete"] * 3, *["automne"] * 3, "hiver")
WEATHER = {
    "hiver": {"soleil": 12, "nuages": 36, "pluie": 27, "vent": 10, "froid": 15},
    "printemps": {"soleil": 30, "nuages": 35, "pluie": 22, "vent": 11, "froid": 2},
    "ete": {"soleil": 42, "nuages": 26, "pluie": 14, "vent": 6, "chaleur": 12},
    "automne": {"soleil": 22, "nuages": 36, "pluie": 26, "vent": 13, "froid": 3},
}
# How often a day keeps the weather of the day before.
PERSISTENCE = 0.35


def season(day: date) -> str:
    return SEASONS[day.month - 1]


def school_holiday(day: date) -> bool:
    """Whether schools are closed; summers outside the table count too."""
    return day.month in (7, 8) or any(first <= day <= last for first, last in SCHOOL_HOLIDAYS)


def weather(chance: Chance, first: date, last: date) -> dict[date, str]:
    """One word per day, as the outing form has them."""
    found: dict[date, str] = {}
    word = ""
    for day in days(first, last):
        options = WEATHER[season(day)]
        if word not in options or not chance.happens(PERSISTENCE):
            word = chance.pick(options)
        found[day] = word
    return found
