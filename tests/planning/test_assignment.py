"""A coordinator who assigns against a warning says why; the volunteer is told before and after, by page and by mail."""

import re

from sqlalchemy import select

from civic.bookings.models import Booking, BookingEvent
from civic.db import Database
from tests.factories.shifts import make_booking, make_shift
from tests.planning.world import World, moment, world

__all__ = ["world"]
SUNDAY = "Créneau du dimanche : il ne s’impose pas, il se choisit."


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


async def sunday_shift(world: World, db: Database, hours: float = 3) -> str:
    async with db.writing() as session:
        made = await make_shift(session, moment(29, 14), hours, mission=world.mission, site=world.here)
    return str(made.id)


async def live(db: Database) -> list[Booking]:
    async with db.reading() as session:
        return list(await session.scalars(select(Booking)))


async def test_the_sheet_shows_warnings_and_hours_before_anything_is_tapped(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    page = plain((await world.get("coordinator", f"/planning/creneaux/{shift}")).text)
    assert SUNDAY in page
    assert "règle locale" in page
    assert "0 h → 3 h sur 24 h" in page
    assert f'id="f-reason-{world.cast.volunteer.id}"' in page
    # On a weekday there is nothing to explain.
    weekday = (await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text
    assert f'id="f-reason-{world.cast.volunteer.id}"' not in weekday


async def test_without_a_reason_nothing_is_written_and_the_field_says_so(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    url = f"/creneaux/{shift}/affectations"
    volunteer = str(world.cast.volunteer.id)
    answer = await world.post("coordinator", url, volunteer_id=volunteer)
    assert answer.status_code == 422
    assert SUNDAY in plain(answer.text)
    assert re.search(rf'id="e-reason-{volunteer}"', answer.text)
    assert re.search(rf'<textarea[^>]*id="f-reason-{volunteer}"[^>]*aria-invalid="true"', answer.text)
    assert await live(db) == []
    long = "Très utile. " * 30
    answer = await world.post("coordinator", url, volunteer_id=volunteer, reason=long)
    assert answer.status_code == 422
    assert long.strip() in answer.text
    assert await live(db) == []


async def test_a_missing_reason_keeps_the_week_and_its_filters(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    week = f"/planning?semaine=2026-W48&site=ici&creneau={shift}"
    url, volunteer = f"/creneaux/{shift}/affectations", str(world.cast.volunteer.id)
    shown = week.replace("&", "&amp;")
    answer = await world.post("coordinator", url, volunteer_id=volunteer, reason="", next=week)
    assert f'name="next" value="{shown}"' in answer.text
    assert f'href="{shown}"' in answer.text, "the way back"
    saved = await world.post("coordinator", url, volunteer_id=volunteer, reason="Vu ensemble", next=week)
    assert saved.headers["location"] == week
    evil = await world.post("coordinator", url, volunteer_id=volunteer, reason="", next="//evil.example/planning?")
    assert "evil.example" not in evil.text


async def test_the_reason_is_kept_and_shown_in_the_history(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    answer = await world.post(
        "coordinator",
        f"/creneaux/{shift}/affectations",
        volunteer_id=str(world.cast.volunteer.id),
        reason="Vu ensemble au téléphone",
    )
    assert answer.status_code == 303
    async with db.reading() as session:
        kept = list(await session.scalars(select(BookingEvent.reason)))
    assert kept == ["Vu ensemble au téléphone"]
    page = plain((await world.get("coordinator", f"/planning/creneaux/{shift}")).text)
    assert "Vu ensemble au téléphone" in page
    assert "Place confirmée pour Inès Volontaire" in page
    # The seat itself goes on saying what to think of.
    assert SUNDAY in page


async def test_a_reason_never_overrides_a_blocking_rule(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db, hours=5)
    minor = str(world.cast.minor.id)
    answer = await world.post("coordinator", f"/creneaux/{shift}/affectations", volunteer_id=minor, reason="Il insiste")
    assert answer.status_code == 409
    assert "une pause d’au moins 30 min" in plain(answer.text)
    assert await live(db) == []


async def test_the_interface_asks_for_the_reason_too(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    url = f"/api/v1/shifts/{shift}/bookings"
    coordinator = world.clients["coordinator"]
    body = {"volunteer_id": str(world.cast.volunteer.id)}
    asked = await coordinator.post(url, json=body)
    assert (asked.status_code, asked.headers["content-type"]) == (422, "application/problem+json")
    assert SUNDAY in plain(asked.json()["errors"]["reason"])
    assert (await coordinator.post(url, json=body | {"reason": "  "})).status_code == 422
    assert await live(db) == []
    made = await coordinator.post(url, json=body | {"reason": "D’accord avec elle"})
    assert made.status_code == 201, made.text
    assert [(one["code"], one["source"]) for one in made.json()["warnings"]] == [("late_adult", "règle locale")]
    again = await coordinator.post(url, json=body)
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    blocked = await coordinator.post(url, json={"volunteer_id": str(world.cast.minor.id), "reason": "?"})
    assert blocked.status_code == 201
    assert blocked.json()["warnings"] == []


async def test_a_volunteer_is_told_before_and_after_and_is_never_asked_why(world: World, db: Database, mailbox) -> None:  # type: ignore[no-untyped-def]
    shift = await sunday_shift(world, db)
    for path in (f"/creneaux/{shift}", "/creneaux?jour=2026-11-29"):
        page = plain((await world.get("volunteer", path)).text)
        assert f"À savoir : {SUNDAY}" in page
        assert "règle locale" in page
    answer = await world.post("volunteer", f"/creneaux/{shift}/reservation")
    assert answer.status_code == 303
    page = plain((await world.get("volunteer", f"/creneaux/{shift}")).text)
    assert "C’est réservé" in page
    assert page.count(f"À savoir : {SUNDAY}") == 2  # the message, and the page for good
    [mail] = await mailbox()
    assert f"À savoir : {SUNDAY}" in plain(mail.text_body)
    assert f"À savoir : {SUNDAY}" in plain(mail.html_body)


async def test_the_interface_lists_warnings_beside_refusals(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    found = (await world.get("volunteer", f"/api/v1/shifts/{shift}")).json()
    assert found["refusals"] == []
    assert [one["code"] for one in found["warnings"]] == ["late_adult"]
    made = await world.clients["volunteer"].post(f"/api/v1/shifts/{shift}/booking")
    assert (made.status_code, [one["code"] for one in made.json()["warnings"]]) == (201, ["late_adult"])


async def test_candidates_without_a_warning_come_first(world: World, db: Database) -> None:
    shift = await sunday_shift(world, db)
    page = (await world.get("coordinator", f"/planning/creneaux/{shift}")).text
    names = [name for name in re.findall(r"<b>([^<]+)</b>", page) if name.split(" ")[0] in ("Inès", "Malik", "Lou")]
    # A minor has no warning for a Sunday, adults have.
    assert names[0] == "Lou Mineure"


async def test_a_rule_broken_by_an_edit_is_told_by_its_title(world: World, db: Database) -> None:
    async with db.writing() as session:
        booking = await make_booking(session, world.shift, world.cast.minor)
        session.add(BookingEvent(booking_id=booking.id, state="cancelled", reason="night_minor"))
    page = plain((await world.get("coordinator", f"/planning/creneaux/{world.shift.id}")).text)
    assert "Nuit, avant 18 ans" in page
    assert "night_minor" not in page
