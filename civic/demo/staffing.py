"""Who is on which shift: pairs that come back together, queues, withdrawals, attendance."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from civic import clock
from civic.bookings.models import Attendance, Booking, BookingEvent
from civic.demo.chance import Chance
from civic.demo.diary import Diary, distance_km
from civic.demo.people import People, Person
from civic.demo.rows import Rows
from civic.demo.shifts import Planned

# How many places are taken, by capacity.
PAST_SEATS = {1: {0: 10, 1: 90}, 2: {0: 4, 1: 8, 2: 88}, 3: {0: 4, 1: 4, 2: 46, 3: 46}, 4: {0: 4, 2: 36, 3: 30, 4: 30}}
COMING_SEATS = {1: {0: 1}, 2: {0: 38, 1: 26, 2: 36}, 3: {0: 33, 1: 10, 2: 36, 3: 21}, 4: {0: 32, 2: 38, 3: 20, 4: 10}}
ATTENDANCE = {"present": 92, "excused": 5, "absent": 3}


@dataclass
class Staffed:
    """A shift and the people confirmed on it; `present` once it is past."""

    shift: Planned
    people: list[Person] = field(default_factory=list)
    present: list[Person] = field(default_factory=list)


class Staffing:
    """Fills shifts one after the other, in the order of time."""

    def __init__(self, chance: Chance, today: date, people: People, rows: Rows) -> None:
        self.chance = chance
        self.today = today
        self.people = people
        self.rows = rows
        self.diary = Diary(today)
        self.ceiling = clock.midnight(today)
        self.distances: dict[tuple[str, str], float] = {}
        ready = people.ready
        self.pairs = [(ready[n], ready[n + 1]) for n in range(0, len(ready) - 1, 2)]

    def fill(self, shifts: list[Planned]) -> list[Staffed]:
        """Bookings for every published or cancelled shift, then the queues of the full ones."""
        staffed = [self._staff(shift) for shift in shifts if shift.state != "draft"]
        for one in staffed:
            if one.shift.state == "published" and one.shift.day > self.today:
                self._queue(one)
        return staffed

    def _staff(self, shift: Planned) -> Staffed:
        one = Staffed(shift)
        past = shift.day < self.today
        wanted = self.chance.pick((PAST_SEATS if past else COMING_SEATS)[shift.capacity])
        if wanted >= 2:
            one.people += self._pair(shift)
        while len(one.people) < wanted:
            person = self._single(shift, one.people)
            if person is None:
                break
            one.people.append(person)
        attended = self._attended(one) if past and shift.state == "published" else {}
        for person in one.people:
            self._book(one, person, attended.get(person.volunteer_id, ""))
        if one.people and self.chance.happens(0.08):
            self._change_of_mind(one)
        return one

    def _pair(self, shift: Planned) -> list[Person]:
        """The pair that lives near and has time; nobody when no pair fits."""
        fitting = [pair for pair in self.pairs if all(self.diary.fits(one, shift) for one in pair)]
        return list(min(fitting, key=lambda pair: self._cost(pair, shift), default=()))

    def _single(self, shift: Planned, taken: list[Person]) -> Person | None:
        """One more adult: a minor only ever comes with a partner."""
        fitting = [
            one for one in self.people.ready if not one.minor and one not in taken and self.diary.fits(one, shift)
        ]
        return min(fitting, key=lambda one: self._cost((one,), shift), default=None)

    def _cost(self, people: tuple[Person, ...], shift: Planned) -> float:
        hours = sum(self.diary.week_hours(one, shift.day) for one in people) / len(people)
        far = sum(self._distance(one, shift) for one in people) / len(people)
        return hours + 0.25 * far + 5 * self.chance.random()

    def _distance(self, person: Person, shift: Planned) -> float:
        key = (person.login, shift.site.id)
        if key not in self.distances:
            self.distances[key] = distance_km(person, shift)
        return self.distances[key]

    def _book(self, one: Staffed, person: Person, attendance: str) -> None:
        shift = one.shift
        booked_at = self._moment(shift.published_at, min(shift.starts_at - timedelta(hours=30), self.ceiling))
        by = person.user_id if self.chance.happens(0.85) else shift.created_by
        if shift.state == "cancelled":
            booking = self._booking(shift, person, "cancelled", min(booked_at, shift.cancelled_at or booked_at), by)
            self._event(booking, "cancelled", shift.cancelled_at or booked_at, shift.created_by, shift.cancel_reason)
            return
        self.diary.note(person, shift)
        booking = self._booking(shift, person, "confirmed", booked_at, by)
        if attendance:
            self._attend(shift, booking, attendance)

    def _attended(self, one: Staffed) -> dict[UUID, str]:
        """What was noted for each; yesterday's sheets are partly still to be filled in."""
        unnoted = one.shift.day == self.today - timedelta(days=1) and self.chance.happens(0.4)
        states = {person.volunteer_id: self.chance.pick(ATTENDANCE) for person in one.people}
        if any(person.minor for person in one.people):
            states = dict.fromkeys(states, "present")
        one.present = [person for person in one.people if states[person.volunteer_id] == "present" and not unnoted]
        return {} if unnoted else states

    def _attend(self, shift: Planned, booking: UUID, state: str) -> None:
        hours = Decimal(str(shift.hours)).quantize(Decimal("0.01")) if state == "present" else Decimal(0)
        row = {
            "id": self.chance.uuid(),
            "booking_id": booking,
            "state": state,
            "hours": hours,
            "noted_at": min(shift.ends_at + timedelta(minutes=self.chance.randint(10, 90)), self.ceiling),
            "noted_by_id": shift.created_by,
        }
        self.rows.add(Attendance, row)

    def _queue(self, one: Staffed) -> None:
        """One or two people wait for a place on some of the full shifts."""
        if len(one.people) < one.shift.capacity or not self.chance.happens(0.5):
            return
        waiting = list(one.people)
        for _number in range(self.chance.choice((1, 1, 2))):
            person = self._single(one.shift, waiting)
            if person:
                waiting.append(person)
                at = self._moment(self.ceiling - timedelta(days=3), self.ceiling)
                self._booking(one.shift, person, "waitlisted", at, person.user_id)

    def _change_of_mind(self, one: Staffed) -> None:
        """Somebody had booked before, and gave the place back in time."""
        person = self._single(one.shift, one.people)
        if person is None:
            return
        latest = min(one.shift.starts_at - timedelta(hours=40), self.ceiling)
        if one.shift.cancelled_at:
            latest = min(latest, one.shift.cancelled_at - timedelta(hours=1))
        booked_at = self._moment(one.shift.published_at, latest)
        booking = self._booking(one.shift, person, "withdrawn", booked_at, person.user_id)
        self._event(booking, "withdrawn", self._moment(booked_at, latest), person.user_id, "")

    def _moment(self, first: datetime, last: datetime) -> datetime:
        seconds = max(0, int((last - first).total_seconds()))
        return first + timedelta(seconds=self.chance.randint(0, seconds))

    def _booking(self, shift: Planned, person: Person, state: str, at: datetime, by: UUID) -> UUID:
        booking = self.chance.uuid()
        row = {
            "id": booking,
            "shift_id": shift.id,
            "volunteer_id": person.volunteer_id,
            "starts_at": shift.starts_at,
            "ends_at": shift.ends_at,
            "state": state,
            "queue_key": int(at.timestamp()) * 1_000_000 + self.chance.randrange(1_000_000),
            "offer_expires_at": None,
            "reason": "",
            "created_at": at,
            "created_by_id": by,
        }
        self.rows.add(Booking, row)
        self._event(booking, "waitlisted" if state == "waitlisted" else "confirmed", at, by, "")
        return booking

    def _event(self, booking: UUID, state: str, at: datetime, by: UUID, reason: str) -> None:
        row = {"id": self.chance.uuid(), "booking_id": booking, "at": at, "state": state, "by_id": by, "reason": reason}
        self.rows.add(BookingEvent, row | {"detail": {}})
