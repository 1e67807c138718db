"""Drafts of any period published at once, and the one mail to whoever may book them; on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from civic.audit.models import AuditEvent
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.outbox.preferences import stop
from civic.planning import opening
from civic.shifts import bulk, series
from civic.shifts.models import Shift
from civic.shifts.recurrence import Rhythm
from civic.volunteers.models import PreferredSite
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.planning.test_series import values_of
from tests.planning.test_shift_forms import hidden
from tests.planning.world import World, moment
from tests.planning.world import world as world

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]
PAGE = "/planning/brouillons?du=2026-11-25&au=2027-02-28"


@pytest.fixture
async def later(world: World, db: Database) -> Shift:
    """A draft of the CAHC ten weeks on; the world's own draft is on Saturday, in the CALL."""
    async with db.writing() as session:
        return await make_shift(
            session, moment(30, 9, month=12), mission=world.mission, site=world.there, state="draft"
        )


async def states(db: Database, *shifts: Shift) -> list[str]:
    async with db.reading() as session:
        return [(await session.get_one(Shift, one.id)).state for one in shifts]


async def verbs(db: Database, verb: str) -> list[dict[str, Any]]:
    async with db.reading() as session:
        return list(await session.scalars(select(AuditEvent.detail).where(AuditEvent.verb == verb)))


async def test_a_period_of_months_is_published_whole_and_once(
    world: World, db: Database, later: Shift, mailbox: Mailbox
) -> None:
    page = (await world.get("coordinator", PAGE)).text
    assert f'value="{world.draft.id}" checked' in page
    assert f'value="{later.id}" checked' in page
    form = {"shift": [str(world.draft.id), str(later.id)]}
    done = await world.post("coordinator", PAGE, **form)
    assert done.status_code == 303
    assert await states(db, world.draft, later) == ["published"] * 2
    assert await verbs(db, "shift.many_published") == [{"shifts": 2, "told": 0}]
    assert len(await verbs(db, "shift.published")) == 2
    assert await mailbox() == []
    again = await world.post("coordinator", PAGE, **form)
    assert again.status_code == 303
    assert len(await verbs(db, "shift.published")) == 2


async def test_filters_narrow_what_is_listed_and_nothing_else_is_published(
    world: World, db: Database, later: Shift
) -> None:
    made = uuid4()
    async with db.writing() as session:
        other = await make_mission(session, [world.here], title="Stand", pillar="rev3")
        stand = await make_shift(session, moment(5, 9, month=12), mission=other, site=world.here, state="draft")
        values = values_of(world, rhythm=Rhythm((0,), until=date(2026, 12, 15)))
        await series.create(session, by=world.cast.coordinator, series_id=made, values=values, publish=False)
        monday = (await session.scalars(select(Shift.id).where(Shift.series_id == made))).first()
    known = {"draft": world.draft.id, "later": later.id, "stand": stand.id, "monday": monday}
    for address, expected in (
        ("", {"draft", "later", "stand", "monday"}),
        ("&agglo=CAHC", {"later"}),
        (f"&site={world.here.id}", {"draft", "stand", "monday"}),
        (f"&mission={other.id}", {"stand"}),
        (f"&serie={made}", {"monday"}),
        ("&pilier=rev3", {"stand"}),
        ("&mission=x&serie=y&site=z&agglo=w&pilier=v", {"draft", "later", "stand", "monday"}),
    ):
        page = (await world.get("coordinator", PAGE + address)).text
        assert {name for name, key in known.items() if f'value="{key}" checked' in page} == expected, address
    none = (await world.get("coordinator", f"{PAGE}&cocher=rien")).text
    assert f'value="{later.id}"' in none
    assert f'value="{later.id}" checked' not in none
    # What the filters leave out is not published, whatever is sent.
    refused = await world.post("coordinator", f"{PAGE}&agglo=CAHC", shift=str(stand.id))
    assert refused.status_code == 422
    assert await states(db, stand, later) == ["draft", "draft"]
    # A series alone names its own period.
    own = (await world.get("coordinator", f"/planning/brouillons?serie={made}")).text
    assert 'name="du" type="date" value="2026-12-07"' in own


async def test_who_may_book_is_shown_then_told_by_one_mail_each(
    world: World, db: Database, later: Shift, mailbox: Mailbox
) -> None:
    async with db.writing() as session:
        # Malik wants no such mail; Lou is a minor, and the night is not hers.
        await stop(session, world.cast.colleague.user_id, "openings")
        second = await make_shift(
            session, moment(12, 9, month=12), mission=world.mission, site=world.here, state="draft"
        )
        await make_shift(session, moment(30, 9, month=12), mission=world.mission, site=world.here)
    form = {"shift": [str(world.draft.id), str(second.id), str(later.id)], "tell": "1"}
    seen = await world.post("coordinator", PAGE, **form)
    assert seen.status_code == 200
    assert await states(db, world.draft, second, later) == ["draft"] * 3
    assert await mailbox() == []
    assert "2 personnes peuvent réserver" in seen.text
    assert "Malik Collègue</li>" not in seen.text
    done = await world.post("coordinator", PAGE, **form, confirm="1", seen=hidden(seen.text, "seen"))
    assert done.status_code == 303
    mails = {one.recipient: one for one in await mailbox()}
    assert set(mails) == {"ines@example.test", "lou@example.test"}
    assert len(await mailbox()) == 2
    mine = mails["ines@example.test"]
    assert mine.subject == "De nouveaux créneaux sont ouverts"
    # The CAHC is not near: its shift is not named.
    assert mine.text_body.count("/creneaux/") == 2
    assert str(later.id) not in mine.text_body
    assert "List-Unsubscribe" in mine.headers
    assert await verbs(db, "shift.many_published") == [{"shifts": 3, "told": 2}]
    again = await world.post("coordinator", PAGE, **form, confirm="1", seen=hidden(seen.text, "seen"))
    assert again.status_code == 303
    assert len(await mailbox()) == 2


async def test_told_are_those_near_or_fond_of_the_place_and_free(world: World, db: Database, later: Shift) -> None:
    async def names(*shift_ids: UUID) -> set[str]:
        async with db.reading() as session:
            return {one.person.name.split()[0] for one in await opening.readers_of(session, shift_ids)}

    assert await names(later.id) == set()
    async with db.writing() as session:
        session.add(PreferredSite(volunteer_id=world.cast.volunteer.id, site_id=world.there.id))
        await make_booking(session, world.elsewhere, world.cast.colleague)
    # One prefers the place, the other serves in its intermunicipality.
    assert await names(later.id) == {"Inès", "Malik"}
    async with db.writing() as session:
        taken = await make_shift(session, moment(28, 9), hours=4, mission=world.mission, site=world.here)
        await make_booking(session, taken, world.cast.volunteer)
        (await session.get_one(type(world.cast.minor.user), world.cast.minor.user_id)).is_active = False
    # Who serves elsewhere at that hour may not book it; a closed account is nobody's reader.
    assert await names(world.draft.id) == {"Malik"}


async def test_readers_who_changed_are_shown_again_and_nothing_is_published(
    world: World, db: Database, mailbox: Mailbox
) -> None:
    form = {"shift": [str(world.draft.id)], "tell": "1"}
    seen = hidden((await world.post("coordinator", PAGE, **form)).text, "seen")
    async with db.writing() as session:
        await stop(session, world.cast.minor.user_id, "openings")
    answer = await world.post("coordinator", PAGE, **form, confirm="1", seen=seen)
    assert answer.status_code == 409
    assert "Les destinataires ont changé" in answer.text
    assert await states(db, world.draft) == ["draft"]
    assert await mailbox() == []


async def publish(db: Database, world: World, seen: str) -> int:
    async with db.writing() as session:
        by = world.cast.coordinator
        return (await opening.publish_many(session, by=by, shift_ids=[world.draft.id], seen=seen))[0]


async def test_two_who_publish_at_once_tell_once(world: World, db: Database, mailbox: Mailbox) -> None:
    async with db.reading() as session:
        seen = opening.digest(await opening.readers_of(session, [world.draft.id]))
    counts = await asyncio.gather(*(publish(db, world, seen) for _one in range(3)))
    assert sorted(counts) == [0, 0, 1]
    assert len(await verbs(db, "shift.published")) == 1
    assert len(await mailbox()) == 3


@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
async def test_without_the_lock_both_publish_the_same_draft(
    world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both look before either writes."""
    both = asyncio.Barrier(2)
    look = opening.readers_of

    async def look_then_wait(session: Any, shift_ids: Any) -> Any:
        found = await look(session, shift_ids)
        async with asyncio.timeout(30):
            await both.wait()
        return found

    async def no_lock(_session: Any, _ids: Any) -> None:
        return None

    async with db.reading() as session:
        seen = opening.digest(await look(session, [world.draft.id]))
    monkeypatch.setattr(opening, "readers_of", look_then_wait)
    monkeypatch.setattr(bulk, "lock_many", no_lock)
    assert list(await asyncio.gather(publish(db, world, seen), publish(db, world, seen))) == [1, 1]
    assert len(await verbs(db, "shift.published")) == 2
