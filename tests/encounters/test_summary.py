"""The summary of an engagement: exact, and read by oneself and one's tutor alone."""

from datetime import timedelta
from io import BytesIO

import pikepdf
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.bookings.models import Attendance
from civic.contracts.queries import current_contract
from civic.db import Database
from civic.encounters.summary import summary_of
from tests.encounters.scene import Browser, Scene
from tests.factories.encounters import make_encounter, make_outing
from tests.factories.shifts import make_booking, make_shift

DAY = timedelta(days=1)


async def arrange(session: AsyncSession, scene: Scene) -> None:
    """One shift served with the colleague, encounters of both on it, some of the author's alone and of others."""
    volunteer, colleague = scene.cast.volunteer, scene.cast.colleague
    past = await make_shift(session, clock.now() - 5 * DAY, site=scene.site, hours=3)
    booking = await make_booking(session, past, volunteer)
    await make_booking(session, past, colleague)
    session.add(Attendance(booking_id=booking.id, state="present", hours=3))
    await make_encounter(session, scene.site, volunteer, shift=past, topics=("parks", "water"), age_25_59=3)
    await make_encounter(session, scene.site, colleague, shift=past, topics=("parks",))
    await make_encounter(session, scene.site, volunteer, shift=past, status="voided")
    await make_encounter(session, scene.elsewhere, volunteer, clock.today() - DAY, topics=("culture",))
    await make_encounter(session, scene.elsewhere, colleague, clock.today() - DAY)
    await make_outing(session, scene.site, colleague, shift=past)
    await session.commit()


async def test_it_counts_the_pairs_and_no_other(session: AsyncSession, scene: Scene, db: Database) -> None:
    await arrange(session, scene)
    volunteer = scene.cast.volunteer
    async with db.reading() as reading:
        contract = await current_contract(reading, volunteer.id)
        found = await summary_of(reading, volunteer.id, volunteer.user_id, contract)
    assert (found.encounters, found.people, found.outings, found.shifts) == (3, 7, 1, 1)
    assert float(found.statement.served) == 3
    assert [(line.name, line.shifts, line.hours, line.encounters, line.people) for line in found.sites] == [
        (scene.site.name, 1, 3.0, 2, 5),
        (scene.elsewhere.name, 0, 0.0, 1, 2),
    ]
    assert [(line.label, line.encounters) for line in found.topics] == [
        ("Parcs", 2),
        ("Culture", 1),
        ("Eau, canaux", 1),
    ]


async def test_oneself_and_ones_tutor_read_it(session: AsyncSession, scene: Scene, as_: Browser) -> None:
    volunteer = scene.cast.volunteer
    contract = await current_contract(session, volunteer.id)
    assert contract
    contract.tutor_id = scene.cast.users["coordinator_call"].id
    await arrange(session, scene)
    page = f"/volontaires/{volunteer.id}/bilan"
    expected = {"volunteer": 200, "coordinator_call": 200, "coordinator": 403, "colleague": 404, "manager": 403}
    expected |= {"admin": 403, "": 303}
    for who, status in expected.items():
        browser = await as_(who)
        for path in (page, f"{page}.pdf"):
            assert (await browser.get(path)).status_code == status, (who, path)
    own = await as_("volunteer")
    assert (await own.get("/profil/bilan")).headers["location"] == page
    shown = (await own.get(page)).text
    assert "Bilan de mon engagement" in shown
    assert "Base 11/19" in shown
    with pikepdf.open(BytesIO((await own.get(f"{page}.pdf")).content)) as paper:
        assert len(paper.pages) >= 1
        assert paper.Root.get("/MarkInfo")


async def test_before_the_first_outing_it_says_so(scene: Scene, as_: Browser) -> None:
    page = await (await as_("minor")).get(f"/volontaires/{scene.cast.minor.id}/bilan")
    assert (page.status_code, "Rien à raconter encore" in page.text) == (200, True)
