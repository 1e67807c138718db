"""What the demo's volunteers say of their weeks and places, and three wishes that coordinators keep."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from civic import clock
from civic.demo.chance import Chance
from civic.demo.people import People, Person
from civic.demo.rows import Rows
from civic.sites.models import Site
from civic.volunteers.models import PairWish, PreferredSite, WeeklyUnavailability

# From volontaire006 on, every third volunteer is not free at one of these times.
PARTS = ((0, 1440), (8 * 60, 12 * 60), (13 * 60, 18 * 60), (17 * 60, 1440))
EVERY, FREE = 3, 7
# By login, and what a coordinator wishes for the two.
WISHES = (
    ("volontaire021", "volontaire022", "together"),
    ("volontaire023", "volontaire024", "apart"),
    ("volontaire025", "volontaire026", "apart"),
)


def add(chance: Chance, today: date, everybody: People, sites: Sequence[Site], rows: Rows) -> None:
    """The first logins, which people try by hand, are free at all times: a warning there would look like a rule."""
    said = clock.at(today - timedelta(days=40), time(18, 15))
    for rank, person in enumerate(everybody.ready):
        _likes(chance, person, sites, rows)
        if rank >= FREE and rank % EVERY == 0:
            _away(chance, person, said, rows)
    people = {one.login: one.volunteer_id for one in everybody.volunteers}
    for one, other, kind in WISHES:
        first, second = sorted((people[one], people[other]))
        row = {"id": chance.uuid(), "first_id": first, "second_id": second, "kind": kind, "created_at": said}
        rows.add(PairWish, row | {"created_by_id": everybody.staff["coordination"]})


def _likes(chance: Chance, person: Person, sites: Sequence[Site], rows: Rows) -> None:
    """Two sites or three, near home."""
    near = sorted(sites, key=lambda site: ((site.lat - person.lat) ** 2 + (site.lon - person.lon) ** 2, site.id))
    for site in sorted(chance.sample(near[:8], chance.randint(2, 3)), key=lambda one: one.id):
        rows.add(PreferredSite, {"volunteer_id": person.volunteer_id, "site_id": site.id})


def _away(chance: Chance, person: Person, said: object, rows: Rows) -> None:
    starts, ends = chance.choice(PARTS)
    row = {"id": chance.uuid(), "volunteer_id": person.volunteer_id, "weekday": chance.randint(0, 4)}
    rows.add(WeeklyUnavailability, row | {"starts_minute": starts, "ends_minute": ends, "created_at": said})
