"""What the database knows of somebody's habits, and where the warnings that come of it are shown."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings import actions, changes
from civic.bookings.models import Attendance
from civic.bookings.people import people_of, person_of
from civic.bookings.values import Stretch
from civic.bookings.wishes import wishes_among
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues
from tests.cast import Cast, make_cast, sign_in
from tests.factories.missions import make_mission
from tests.factories.shifts import in_days, make_booking, make_shift
from tests.factories.sites import make_site
from tests.factories.volunteers import make_volunteer
from tests.factories.wishes import like, make_stretch, make_wish

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
MakeClient = Callable[[], httpx.AsyncClient]
ALONE = "Encore personne d’autre ici"


@pytest.fixture
async def cast(session: AsyncSession) -> Cast:
    return await make_cast(session)


async def test_habits_come_with_the_person_in_two_queries(session: AsyncSession, cast: Cast) -> None:
    here, there = await make_site(session, "parc-a"), await make_site(session, "parc-b")
    await like(session, cast.volunteer, here, there)
    await like(session, cast.colleague, there)
    await make_stretch(session, cast.volunteer, 4, 0, 600)
    await make_stretch(session, cast.volunteer, 1, 840, 1080)
    found = await people_of(session, [cast.volunteer.id, cast.colleague.id, cast.minor.id])
    one, two, three = (found[who.id] for who in (cast.volunteer, cast.colleague, cast.minor))
    assert one.unavailable == (Stretch(1, 840, 1080), Stretch(4, 0, 600)), "in the order of the week"
    assert one.preferred_sites == {"parc-a", "parc-b"}
    assert (two.unavailable, two.preferred_sites) == ((), {"parc-b"})
    assert (three.unavailable, three.preferred_sites, three.shifts_served) == ((), frozenset(), 0)
    assert await person_of(session, cast.volunteer.user) == one


async def test_what_counts_as_served(session: AsyncSession, cast: Cast) -> None:
    """Seats on shifts that are over, unless they did not come; and whoever came without a seat."""
    for day, state, noted in (
        (-2, "confirmed", None),
        (-3, "confirmed", "present"),
        (-4, "confirmed", "absent"),
        (-5, "confirmed", "excused"),
        (-6, "walk_in", "present"),
        (-7, "walk_in", "absent"),
        (-8, "withdrawn", None),
        (-9, "waitlisted", None),
        (4, "confirmed", None),
    ):
        shift = await make_shift(session, in_days(day, 9))
        booking = await make_booking(session, shift, cast.volunteer, state)
        if noted:
            session.add(Attendance(booking_id=booking.id, state=noted, hours=3))
    await make_booking(session, await make_shift(session, clock.now() - timedelta(hours=1)), cast.volunteer)
    await session.flush()
    found = await people_of(session, [cast.volunteer.id, cast.colleague.id])
    assert found[cast.volunteer.id].shifts_served == 3
    assert found[cast.colleague.id].shifts_served == 0


async def test_wishes_are_those_between_the_people_asked_about(session: AsyncSession, cast: Cast) -> None:
    one, two, three = cast.volunteer, cast.colleague, cast.minor
    await make_wish(session, one, two)
    await make_wish(session, three, one, "together")
    ids = {who.id for who in (one, two)}
    assert await wishes_among(session, ids) == {frozenset(ids): "apart"}
    assert await wishes_among(session, [three.id, one.id]) == {frozenset((three.id, one.id)): "together"}
    assert await wishes_among(session, [two.id, three.id]) == {}
    assert await wishes_among(session, [one.id]) == {}


async def test_a_volunteer_is_told_before_and_after_and_never_refused(
    session: AsyncSession, cast: Cast, db: Database, make_client: MakeClient, mailbox: Mailbox
) -> None:
    liked, other = await make_site(session, "parc-a"), await make_site(session, "parc-b")
    mission = await make_mission(session, [liked, other])
    shift = await make_shift(session, in_days(3), mission=mission, site=liked)
    second = await make_shift(session, in_days(4), mission=mission, site=other)
    await make_booking(session, second, cast.colleague)
    await make_stretch(session, cast.volunteer, in_days(3).weekday(), 0, 1440)
    await like(session, cast.volunteer, liked)
    await session.commit()
    me = await sign_in(make_client, db, cast.volunteer)
    items = {one["id"]: one for one in (await me.get("/api/v1/shifts")).json()["items"]}
    assert [one["code"] for one in items[str(shift.id)]["warnings"]] == ["unavailable", "newcomer_alone"]
    assert items[str(second.id)]["warnings"] == []
    listed = (await me.get("/creneaux")).text
    assert listed.count('class="liked"') == 1
    mine = (await me.get("/creneaux?miens=1")).text
    assert f"/creneaux/{shift.id}" in mine
    assert f"/creneaux/{second.id}" not in mine
    assert ALONE in (await me.get(f"/creneaux/{shift.id}")).text
    answer = await me.post(f"/api/v1/shifts/{shift.id}/booking")
    assert answer.status_code == 201
    assert [one["code"] for one in answer.json()["warnings"]] == ["unavailable", "newcomer_alone"]
    [mail] = await mailbox()
    assert ALONE in mail.text_body
    assert "Indisponible" in mail.text_body
    # Somebody without a site that they like is not offered the filter.
    theirs = await sign_in(make_client, db, cast.minor)
    assert 'name="miens"' not in (await theirs.get("/creneaux")).text


async def test_a_coordinator_says_why_a_newcomer_comes_first(
    session: AsyncSession, cast: Cast, db: Database, make_client: MakeClient
) -> None:
    shift = await make_shift(session, in_days(3))
    await session.commit()
    staff = await sign_in(make_client, db, cast.coordinator)
    path = f"/api/v1/shifts/{shift.id}/bookings"
    asked = await staff.post(path, json={"volunteer_id": str(cast.volunteer.id)})
    assert (asked.status_code, list(asked.json()["errors"])) == (422, ["reason"])
    given = await staff.post(path, json={"volunteer_id": str(cast.volunteer.id), "reason": "Malik les rejoint"})
    assert given.status_code == 201
    assert [one["code"] for one in given.json()["warnings"]] == ["newcomer_alone"]
    second = await staff.post(path, json={"volunteer_id": str(cast.colleague.id)})
    assert (second.status_code, second.json()["warnings"]) == (201, [])


async def test_an_edit_that_leaves_a_newcomer_alone_says_so_and_no_wish(
    session: AsyncSession, cast: Cast, db: Database, mailbox: Mailbox
) -> None:
    """Whoever stays is told what is new for them; two people kept apart are nobody's news."""
    site = await make_site(session)
    mission = await make_mission(session, [site])
    shift = await make_shift(session, in_days(3, 9), mission=mission, site=site, capacity=3, min_staff=1)
    third = await make_volunteer(session, name="Zoé Troisième")
    for who in (cast.volunteer, cast.colleague, third):
        await make_booking(session, shift, who)
    for who in (cast.colleague, third):
        clash = await make_shift(session, in_days(3, 15))
        await make_booking(session, clash, who)
    await make_wish(session, cast.volunteer, cast.colleague)
    await session.commit()
    moved = ShiftValues(
        mission_id=mission.id,
        site_id=site.id,
        starts_at=in_days(3, 14),
        ends_at=in_days(3, 17),
        break_minutes=0,
        capacity=3,
        min_staff=1,
    )
    async with db.writing() as acting:
        row = await acting.get_one(Shift, shift.id)
        judged = await changes.preview(acting, shift=row, values=moved)
    assert len(judged.affected) == 2
    assert [one.finding.code for one in judged.notices] == ["newcomer_alone"]
    async with db.writing() as acting:
        given = {"by": cast.coordinator, "shift_id": shift.id, "values": moved, "version": None, "confirm": True}
        await changes.edit_shift(acting, **given)
    texts = {mail.recipient: mail.text_body for mail in await mailbox()}
    assert ALONE in texts["ines@example.test"]
    assert not any("ensemble" in text for text in texts.values())


async def test_an_offer_that_is_taken_tells_no_wish(
    session: AsyncSession, cast: Cast, db: Database, mailbox: Mailbox
) -> None:
    shift = await make_shift(session, in_days(3, 9))
    await make_booking(session, shift, cast.colleague)
    offered = await make_booking(session, shift, cast.volunteer, "offered")
    offered.offer_expires_at = clock.now() + timedelta(hours=5)
    await make_wish(session, cast.volunteer, cast.colleague)
    await session.commit()
    async with db.writing() as acting:
        placed = await actions.accept(acting, by=cast.volunteer.user, booking_id=offered.id)
    assert placed.warnings == ()
    [mail] = await mailbox()
    assert "ensemble" not in mail.text_body
