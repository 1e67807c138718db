"""A code for every site, arrivals that some people noted with it, and the history of each presence."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from civic import clock
from civic.bookings.checkin_rules import ALPHABET, LENGTH
from civic.bookings.models import Attendance, AttendanceEvent, Booking, CheckInCode
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.sites.models import Site

POSTED = timedelta(weeks=8)
WITH_CODE = 0.4


def add(chance: Chance, today: date, sites: Sequence[Site], by: UUID, users: Mapping[UUID, UUID], rows: Rows) -> None:
    """`users` gives the account of each volunteer; before the audit log is written, which tells the same."""
    posted = clock.midnight(today - POSTED) + timedelta(hours=10)
    for site in sites:
        code = "".join(chance.choice(ALPHABET) for _letter in range(LENGTH))
        row = {"id": chance.uuid(), "site_id": site.id, "code": code, "created_at": posted, "created_by_id": by}
        rows.add(CheckInCode, row | {"revoked_at": None})
    bookings = {row["id"]: row for row in rows.of(Booking)}
    for noted in rows.of(Attendance):
        booking = bookings[noted["booking_id"]]
        noted |= {"source": "coordinator", "arrived_at": None}
        user = users.get(booking["volunteer_id"])
        if user and noted["state"] == "present" and booking["starts_at"] > posted and chance.happens(WITH_CODE):
            arrived = booking["starts_at"] - timedelta(minutes=chance.randint(-4, 14))
            noted |= {"source": "check_in", "arrived_at": arrived, "noted_at": arrived, "noted_by_id": user}
        event = {name: noted[name] for name in ("booking_id", "state", "hours", "source")}
        event |= {"id": chance.uuid(), "at": noted["noted_at"], "by_id": noted["noted_by_id"], "reason": ""}
        rows.add(AttendanceEvent, event)
