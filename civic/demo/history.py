"""The audit log of the last weeks: what was published, cancelled, booked and noted."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings.models import Attendance, Booking, BookingEvent
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.demo.shifts import Planned
from civic.missions.models import Application

SINCE = timedelta(days=21)


def add(chance: Chance, today: date, shifts: list[Planned], rows: Rows) -> None:
    """Events in the order of time, as the verbs themselves would have noted them."""
    since = clock.midnight(today) - SINCE
    events: list[dict[str, Any]] = []

    def note(
        at: datetime | None, actor: UUID | None, verb: str, table: str, subject: UUID, detail: dict[str, Any]
    ) -> None:
        if at is not None and at >= since:
            row = {"id": chance.uuid(), "at": at, "actor_id": actor, "verb": verb, "subject_kind": table}
            events.append(row | {"subject_id": str(subject), "detail": detail})

    for shift in shifts:
        if shift.state != "draft":
            note(shift.published_at, shift.created_by, "shift.published", "shifts", shift.id, {})
        reason = {"reason": shift.cancel_reason}
        note(shift.cancelled_at, shift.created_by, "shift.cancelled", "shifts", shift.id, reason)
    made = {row["id"]: row["created_at"] for row in rows.of(Booking)}
    for row in rows.of(BookingEvent):
        first = row["at"] == made[row["booking_id"]] and row["state"] in ("confirmed", "waitlisted")
        verb = "booking.made" if first else f"booking.{row['state']}"
        detail = {"state": row["state"]} if first else {"reason": row["reason"]} if row["reason"] else {}
        note(row["at"], row["by_id"], verb, "bookings", row["booking_id"], detail)
    for row in rows.of(Attendance):
        detail = {"before": None, "state": row["state"], "hours": str(row["hours"]), "source": row["source"]}
        note(row["noted_at"], row["noted_by_id"], "attendance.noted", "bookings", row["booking_id"], detail)
    for row in rows.of(Application):
        note(row["decided_at"], row["decided_by_id"], f"application.{row['state']}", "applications", row["id"], {})
    for event in sorted(events, key=lambda event: (event["at"], event["id"])):
        rows.add(AuditEvent, event)
