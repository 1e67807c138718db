"""Four announcements: a safety notice that some have read, two of information, and one that was taken back."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from civic import clock
from civic.demo.chance import Chance
from civic.demo.people import People
from civic.demo.rows import Rows
from civic.notices.models import Announcement, AnnouncementReceipt

WIND = (
    "Des branches tombent encore sur les sentiers boisés.\n\n"
    "Restez sur les grandes allées, à deux, et rentrez si le vent se lève. "
    "En cas de souci, appelez votre coordination."
)
TEXTS = (
    ("safety", "Vent fort : restez sur les grandes allées", WIND),
    (
        "info",
        "Gilets et tee-shirts",
        "De nouvelles tailles sont là.\n\nVenez les essayer à la Maison des Parcs.",
    ),
    ("info", "Merci pour samedi", "Beaucoup d’habitants nous ont dit leur plaisir de vous rencontrer. Bravo !"),
    ("info", "Réunion déplacée", "La réunion de lundi est reportée. Une autre date suivra."),
)


def add(chance: Chance, today: date, people: People, rows: Rows) -> None:
    """`volontaire` has read neither the safety notice nor the last news; every reader may serve."""
    lead = people.staff["coordination"]
    readers = [one.user_id for one in people.ready]
    first = next(one.user_id for one in people.volunteers if one.login == "volontaire")
    for number, (kind, title, body) in enumerate(TEXTS):
        at = clock.midnight(today - timedelta(days=1 + 2 * number)) + timedelta(hours=9 + number)
        made: dict[str, Any] = {
            "id": chance.uuid(),
            "kind": kind,
            "audience": "everyone",
            "shift_id": None,
            "site_id": None,
            "intermunicipality_code": None,
            "title": title.replace(" :", "\u00a0:"),
            "body": body.replace(" !", "\u202f!"),
            "shown_until": today + timedelta(days=6 + number),
            "created_at": at,
            "created_by_id": lead,
            "withdrawn_at": at + timedelta(hours=1) if number == len(TEXTS) - 1 else None,
        }
        rows.add(Announcement, made)
        for user_id in readers:
            seen = chance.happens(0.6) and not (user_id == first and number < 2)
            rows.add(AnnouncementReceipt, _receipt(made["id"], user_id, at + timedelta(minutes=20) if seen else None))


def _receipt(announcement_id: UUID, user_id: UUID, read_at: Any) -> dict[str, Any]:
    return {"announcement_id": announcement_id, "user_id": user_id, "read_at": read_at}
