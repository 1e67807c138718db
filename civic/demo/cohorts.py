"""The volunteers of two years: who served before, and who serves beside the demo's named logins today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from civic.demo import names, people
from civic.demo.chance import Chance
from civic.demo.people import LACKING, READY_LOGINS, People, Person
from civic.demo.rows import Rows
from civic.demo.shifts import Planned
from civic.demo.staffing import Staffing
from civic.sites.models import Commune

VOLUNTEERS = 600
# A cohort begins with each month; the first ones were there already when the two years begin.
MONTHS = 29
# How many are asked for each place: to ask all would take longer and change little.
ASKED = 10


def add(chance: Chance, today: date, communes: Sequence[Commune], staff: People, rows: Rows) -> People:
    """As many more as make up the number, cohort by cohort."""
    known = len(READY_LOGINS) + len(LACKING)
    digest = people.hashed_password(chance)
    cohorts = People(staff.staff)
    count = VOLUNTEERS - known
    weights = [commune.population for commune in communes]
    for number in range(count):
        home = chance.choices(communes, weights)[0]
        starts_on = people.months_after(today.replace(day=1), number * MONTHS // count - MONTHS - 1)
        ends_on = people.months_after(starts_on, chance.choice((6, 7, 8, 8, 9, 10))) - timedelta(days=1)
        person = Person(
            login=f"volontaire{known - 1 + number:03}",
            name=_name(chance),
            user_id=chance.uuid(),
            volunteer_id=chance.uuid(),
            birth_date=people.years_before(starts_on, 18) - timedelta(days=chance.randint(20, 7 * 365)),
            starts_on=starts_on,
            ends_on=ends_on,
            lat=home.lat,
            lon=home.lon,
        )
        cohorts.volunteers.append(person)
        people.add_person(chance, person, home, staff, digest, today, rows)
    return cohorts


def _name(chance: Chance) -> str:
    return f"{chance.choice(names.FIRST)} {chance.choice(names.LAST).replace('_', ' ')}"


@dataclass(frozen=True)
class _Active:
    pairs: list[tuple[Person, Person]]
    singles: list[Person]


class Crew(Staffing):
    """Staffs past shifts with those who were under contract that day; neighbours of a cohort walk together."""

    def __init__(self, chance: Chance, today: date, cohorts: People) -> None:
        super().__init__(chance, today, cohorts, Rows())
        self._days: dict[date, _Active] = {}

    def _pair(self, shift: Planned) -> list[Person]:
        pairs = self._active(shift.day).pairs
        asked = self.chance.sample(pairs, min(ASKED, len(pairs)))
        fitting = [pair for pair in asked if all(self.diary.fits(one, shift) for one in pair)]
        return list(min(fitting, key=lambda pair: self._cost(pair, shift), default=()))

    def _single(self, shift: Planned, taken: list[Person]) -> Person | None:
        singles = self._active(shift.day).singles
        asked = self.chance.sample(singles, min(ASKED, len(singles)))
        fitting = [one for one in asked if one not in taken and self.diary.fits(one, shift)]
        return min(fitting, key=lambda one: self._cost((one,), shift), default=None)

    def _active(self, day: date) -> _Active:
        if day not in self._days:
            here = [one for one in self.people.ready if one.starts_on < day <= one.ends_on]
            pairs = [pair for pair in self.pairs if all(one.starts_on < day <= one.ends_on for one in pair)]
            self._days[day] = _Active(pairs, here)
        return self._days[day]
