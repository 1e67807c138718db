"""Leave in every state: some to decide, some taken on days without a shift, some far ahead. None keeps anybody ready
from booking within the twelve weeks in which they may."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.bookings.models import Booking
from civic.contracts.models import Leave
from civic.demo.chance import Chance
from civic.demo.people import People, Person
from civic.demo.rows import Rows

FAR = timedelta(weeks=13)
REFUSED = "Deux journées de fête au parc ces jours-là : proposez la semaine suivante."


def add(chance: Chance, today: date, people: People, rows: Rows) -> None:
    """`mineur` has none. A request blocks nothing, so `volontaire` has one."""
    busy: dict[UUID, set[date]] = defaultdict(set)
    for row in rows.of(Booking):
        busy[row["volunteer_id"]].add(clock.local(row["starts_at"]).date())
    ready = [one for one in people.ready if one.login not in ("volontaire", "mineur")]
    chosen = iter(chance.sample(ready, 12))
    monday = clock.monday(today)
    volontaire = next(one for one in people.volunteers if one.login == "volontaire")
    _add(chance, rows, today, volontaire, monday + timedelta(weeks=5), 5)
    for _number in range(2):
        person = next(chosen)
        coming = sorted(
            day for day in busy[person.volunteer_id] if day > today + timedelta(days=3) and day.weekday() < 4
        )
        _add(chance, rows, today, person, coming[0] if coming else monday + timedelta(weeks=2), 2)
    _add(chance, rows, today, next(chosen), monday + timedelta(weeks=3), 3, kind="family_event")
    lead = people.staff["coordination"]
    _add(chance, rows, today, next(chosen), monday + timedelta(weeks=4), 2, state="refused", by=lead)
    for number in range(5):
        person = next(chosen)
        free = _free_days(person, busy[person.volunteer_id], today)
        if free:
            _add(
                chance,
                rows,
                today,
                person,
                chance.choice(free),
                2,
                "sick" if number == 0 else "annual",
                "approved",
                lead,
            )
    for person in chosen:
        if person.ends_on > monday + FAR + timedelta(days=4):
            _add(chance, rows, today, person, monday + FAR, 5, state="approved", by=lead)


def _free_days(person: Person, busy: set[date], today: date) -> list[date]:
    """Past working days that begin two in a row without a shift."""
    days = clock.days(max(person.starts_on + timedelta(days=20), today - timedelta(weeks=8)), today - timedelta(days=3))
    return [one for one in days if one.weekday() < 4 and not busy & {one, one + timedelta(days=1)}]


def _add(
    chance: Chance,
    rows: Rows,
    today: date,
    person: Person,
    first: date,
    length: int,
    kind: str = "annual",
    state: str = "requested",
    by: UUID | None = None,
) -> None:
    asked = (
        min(clock.midnight(today), clock.midnight(first)) - timedelta(days=chance.randint(2, 6)) + timedelta(hours=18)
    )
    row: dict[str, Any] = {
        "id": chance.uuid(),
        "volunteer_id": person.volunteer_id,
        "kind": kind,
        "starts_on": first,
        "ends_on": first + timedelta(days=length - 1),
        "state": state,
        "created_at": asked,
        "created_by_id": person.user_id,
        "decided_at": asked + timedelta(hours=chance.randint(3, 30)) if by else None,
        "decided_by_id": by,
        "decision_reason": REFUSED if state == "refused" else "",
    }
    rows.add(Leave, row)
