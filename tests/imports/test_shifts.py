"""A file of shifts: created, changed, the same or refused, all or nothing, by the law of the planning's own form."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.bookings.models import Booking
from civic.imports.models import ImportRun
from civic.missions.models import Mission
from civic.shifts.models import Shift
from civic.sites.models import Site
from tests.factories.missions import make_mission
from tests.factories.shifts import make_booking, make_shift
from tests.factories.sites import make_closure, make_site
from tests.imports.scene import HEAD, Scene, reasons, row


def moment(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=clock.PARIS).astimezone(clock.UTC)


async def stored(scene: Scene) -> list[Shift]:
    async with scene.db.reading() as session:
        return list(await session.scalars(select(Shift).order_by(Shift.starts_at, Shift.id)))


async def count(scene: Scene, table: Any) -> int:
    async with scene.db.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_line_makes_a_shift_as_the_form_would(scene: Scene) -> None:
    plan = await scene.shifts(row(), row(reference="", start="9:00", end="12 h 30", capacity="3", state="Publié"))
    assert plan.counts == {"refused": 0, "changed": 0, "created": 2, "same": 0}
    morning, afternoon = await stored(scene)
    assert (afternoon.starts_at, afternoon.ends_at) == (moment(3, 14), moment(3, 17))
    assert (afternoon.capacity, afternoon.min_staff, afternoon.state, afternoon.version) == (2, 2, "draft", 1)
    assert (afternoon.reference, afternoon.created_by_id) == ("R1", scene.cast.coordinator.id)
    assert (morning.capacity, morning.min_staff, morning.state, morning.reference) == (3, 2, "published", None)
    assert morning.published_at == clock.now()
    async with scene.db.reading() as session:
        events = list(await session.scalars(select(AuditEvent).order_by(AuditEvent.verb)))
    assert [one.verb for one in events] == ["import.applied", "shift.created", "shift.created"]
    assert {one.actor_id for one in events} == {scene.cast.coordinator.id}
    assert events[0].detail["created"] == 2


async def test_the_same_file_twice_changes_nothing(scene: Scene, mailbox: Callable[[], Awaitable[list[Any]]]) -> None:
    lines = [
        row(),
        row(reference=""),
        row(reference="", start="9h", end="12h", state="publié"),
        row(reference="N", end="2h", start="22h"),
    ]
    await scene.shifts(*lines)
    before, told = {one.id: one.version for one in await stored(scene)}, await count(scene, AuditEvent)
    plan = await scene.shifts(*lines)
    assert plan.counts == {"refused": 0, "changed": 0, "created": 0, "same": 4}
    assert {one.id: one.version for one in await stored(scene)} == before
    assert await mailbox() == []
    assert (await count(scene, AuditEvent), await count(scene, ImportRun)) == (told, 1)


async def test_one_refused_line_keeps_the_whole_file_out(scene: Scene) -> None:
    plan = await scene.shifts(row(), row(reference="R2", site="Parc de Nulle part"))
    assert [one.outcome for one in plan.lines] == ["created", "refused"]
    assert await count(scene, Shift) == await count(scene, AuditEvent) == await count(scene, ImportRun) == 0


async def test_a_dry_run_writes_nothing(scene: Scene) -> None:
    plan = await scene.shifts(row(), dry_run=True)
    assert plan.counts["created"] == 1
    assert await count(scene, Shift) == await count(scene, AuditEvent) == 0


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"mission": "Autre"}, "mission n’existe pas"),
        ({"mission": ""}, "À remplir"),
        ({"site": "Autre"}, "lieu n’existe pas"),
        ({"date": ""}, "À remplir"),
        ({"date": "31/02/2026"}, "date n’existe pas"),
        ({"start": "25h"}, "heure n’existe pas"),
        ({"date": "29/03/2026", "start": "2h30"}, "heure d’été"),
        ({"end": ""}, "À remplir"),
        ({"start": "8h", "end": "23h"}, "14 h au plus"),
        ({"capacity": "1", "minimum": "2"}, "minimum dépasse"),
        ({"capacity": "51"}, "de 1 à 50"),
        ({"date": "01/09/2026"}, "plus d’un mois"),
        ({"state": "reporté"}, "Possible"),
        ({"state": "annulé"}, "retirez la ligne"),
    ],
)
async def test_a_line_that_is_no_shift_is_refused_with_its_reason(
    scene: Scene, changed: dict[str, str], word: str
) -> None:
    plan = await scene.shifts(row(**changed))
    assert plan.refused
    assert any(word in reason for reason in reasons(plan)), reasons(plan)
    assert await count(scene, Shift) == 0


async def test_an_end_that_is_not_after_the_start_is_tomorrows(scene: Scene) -> None:
    await scene.shifts(row(start="22h", end="2h"), row(reference="M", start="20h", end="24:00"))
    to_midnight, night = await stored(scene)
    assert night.ends_at == moment(4, 2)
    assert to_midnight.ends_at == moment(4, 0)


async def test_a_reference_finds_its_shift_when_time_place_and_places_change(scene: Scene) -> None:
    await scene.shifts(row())
    [before] = await stored(scene)
    plan = await scene.shifts(row(start="15h", end="18h", site="parc-la-bas", capacity="4", state="publié"))
    told = {one.label: (one.before, one.after) for one in plan.lines[0].changes}
    assert told == {
        "Lieu": ("Parc d’Ici", "Parc de Là-bas"),
        "Début": ("03/12/2026 14:00", "03/12/2026 15:00"),
        "Fin": ("03/12/2026 17:00", "03/12/2026 18:00"),
        "Places": ("2", "4"),
        "État": ("brouillon", "publié"),
    }
    [after] = await stored(scene)
    assert (after.id, after.starts_at, after.site_id, after.capacity) == (before.id, moment(3, 15), "parc-la-bas", 4)
    assert (after.state, after.version) == ("published", before.version + 2)


async def test_an_empty_cell_leaves_what_stands(scene: Scene) -> None:
    await scene.shifts(row(capacity="5", minimum="3", state="publié"))
    assert (await scene.shifts(row())).counts["same"] == 1


async def test_without_a_reference_mission_place_and_start_tell_a_shift(scene: Scene) -> None:
    await scene.shifts(row(reference=""))
    plan = await scene.shifts(row(reference="", end="18h"))
    assert plan.counts["changed"] == 1
    plan = await scene.shifts(row(reference="Nouveau", end="18h"))
    assert [one.label for one in plan.lines[0].changes] == ["Référence"]
    assert [one.reference for one in await stored(scene)] == ["Nouveau"]
    plan = await scene.shifts(row(reference="Autre", end="18h"))
    assert plan.counts["created"] == 1, "another name at the same time is another shift"


async def test_two_lines_never_mean_one_shift(scene: Scene) -> None:
    twice = await scene.shifts(row(), row(start="9h", end="12h"))
    assert "ligne 2" in reasons(twice)[0]
    bare = await scene.shifts(row(reference=""), row(reference="", end="18h"))
    assert "ligne 2" in reasons(bare)[0]


async def test_a_code_in_its_own_column_and_a_day_with_offset(scene: Scene) -> None:
    head = ("mission", "site_id", "starts_at", "ends_at", "pillar", "confirmed")
    line = (str(scene.mission.id), "parc-ici", "2026-12-03T14:00:00+01:00", "2026-12-03T16:00:00Z", "rev3", "7")
    assert (await scene.give("shifts", head, line)).counts["created"] == 1
    [made] = await stored(scene)
    assert (made.starts_at, made.ends_at) == (moment(3, 14), moment(3, 17))
    by_id = await scene.give("shifts", (*head, "id"), (*line[:3], "2026-12-03T17:00:00Z", *line[4:], str(made.id)))
    assert [one.label for one in by_id.lines[0].changes] == ["Fin"]


async def test_scope_is_that_of_the_planning(scene: Scene) -> None:
    theirs = await scene.shifts(row(), row(reference="R2", site="Parc de Là-bas"), who="coordinator_call")
    assert reasons(theirs) == ["Ce lieu est hors de votre périmètre."]
    await scene.shifts(row())
    moved = await scene.shifts(row(site="Parc de Là-bas"), who="coordinator_cahc")
    assert reasons(moved) == ["Ce créneau est hors de votre périmètre."]


async def test_archived_or_foreign_places_and_names_that_two_share(scene: Scene) -> None:
    async with scene.db.writing() as session:
        await make_site(session, "parc-seul", name="Parc Seul")
        await make_site(session, "parc-clos", name="Parc Clos", archived_at=clock.now())
        await make_site(session, "parc-bis", name="Parc d'ici")
        await make_mission(session, [], title="aller  vers")
    plan = await scene.shifts(row(site="Parc Seul"), row(site="Parc Clos"), row(), row(site="parc-ici"))
    assert all("Plusieurs missions" in line.problems[0].reason for line in plan.lines)
    head = tuple("mission" if one == "Mission" else one for one in HEAD)
    named = str(scene.mission.id)
    plan = await scene.give(
        "shifts",
        head,
        row(mission=named, site="Parc Seul"),
        row(mission=named, site="Parc Clos", reference="2"),
        row(mission=named, reference="3"),
    )
    told = reasons(plan)
    assert "pas dans la mission" in told[0]
    assert "archivé" in told[1]
    assert "Plusieurs lieux" in told[2]


async def test_a_closed_day_is_told(scene: Scene) -> None:
    async with scene.db.writing() as session:
        here = await session.get(Site, "parc-ici")
        assert here is not None
        await make_closure(session, here, date(2026, 12, 3))
    plan = await scene.shifts(row(), row(reference="R2", date="04/12/2026"), dry_run=True)
    assert ["fermé" in one.detail for one in plan.lines] == [True, False]


async def test_a_shift_that_was_cancelled_or_has_begun_is_left_alone(scene: Scene) -> None:
    async with scene.db.writing() as session:
        common: dict[str, Any] = {"mission": scene.mission, "site": scene.here}
        await make_shift(session, moment(3, 14), state="cancelled", **common)
        await make_shift(session, moment(25, 9, month=11), reference="EN COURS", **common)
        await make_shift(session, moment(4, 9), reference="PUBLIE", **common)
    plan = await scene.shifts(
        row(reference=""),
        row(reference="EN COURS", date="25/11/2026", start="9h", end="13h"),
        row(reference="PUBLIE", date="04/12/2026", start="9h", end="12h", state="brouillon"),
    )
    told = reasons(plan)
    assert ["annulé" in told[0], "déjà commencé" in told[1], "brouillon" in told[2]] == [True] * 3


async def test_an_export_comes_back_as_it_was_and_a_file_cancels_nothing(scene: Scene) -> None:
    async with scene.db.writing() as session:
        common: dict[str, Any] = {"mission": scene.mission, "site": scene.here}
        gone = await make_shift(session, moment(3, 14), state="cancelled", **common)
        held = await make_shift(session, moment(20, 14, month=11), **common)
    head = ("id", "mission", "site_id", "starts_at", "ends_at", "state", "capacity", "present")

    def exported(shift: Shift, state: str, capacity: str = "2") -> tuple[str, ...]:
        times = (clock.local(shift.starts_at).isoformat(), clock.local(shift.ends_at).isoformat())
        return str(shift.id), "Aller vers", "parc-ici", *times, state, capacity, "2"

    again = await scene.give("shifts", head, exported(gone, "cancelled"), exported(held, "published"))
    assert again.counts["same"] == 2
    plan = await scene.give("shifts", head, exported(gone, "cancelled", "3"), exported(held, "cancelled"))
    told = reasons(plan)
    assert "annulé" in told[0]
    assert "à la main" in told[1]


async def booked(scene: Scene) -> Shift:
    async with scene.db.writing() as session:
        shift = await make_shift(session, moment(3, 14), mission=scene.mission, site=scene.here, reference="R1")
        await make_booking(session, shift, scene.cast.volunteer)
        await make_booking(session, shift, scene.cast.minor)
    return shift


async def test_a_change_that_would_cost_a_place_is_refused_with_who_and_why(scene: Scene) -> None:
    await booked(scene)
    plan = await scene.shifts(row(start="22h", end="23h30"))
    [line] = plan.lines
    assert line.outcome == "refused"
    assert "à la main" in line.problems[0].reason
    assert [one.read for one in line.problems[1:]] == [scene.cast.minor.user.name]
    plan = await scene.shifts(row(capacity="1", minimum="1"))
    assert "Une seule place" in plan.lines[0].problems[1].reason, "the law holds by this door too"
    assert [one.starts_at for one in await stored(scene)] == [moment(3, 14)]


async def test_a_change_that_breaks_nothing_tells_who_is_booked(
    scene: Scene, mailbox: Callable[[], Awaitable[list[Any]]]
) -> None:
    shift = await booked(scene)
    plan = await scene.shifts(row(start="13h", end="16h"))
    assert plan.counts["changed"] == 1
    async with scene.db.reading() as session:
        states = list(await session.scalars(select(Booking.state).where(Booking.shift_id == shift.id)))
        times = set(await session.scalars(select(Booking.starts_at)))
    assert (states, times) == (["confirmed"] * 2, {moment(3, 13)})
    told = sorted(mail.recipient for mail in await mailbox())
    assert told == ["ines@example.test", "lou@example.test"]


async def test_the_queries_do_not_grow_with_the_file(scene: Scene, count_queries: Any, session: AsyncSession) -> None:
    def many(number: int) -> list[tuple[str, ...]]:
        return [row(reference=f"R{n}", date=f"{1 + n % 28:02}/12/2027", start=f"{8 + n // 28}h") for n in range(number)]

    await session.rollback()
    with count_queries() as few:
        await scene.shifts(*many(2), dry_run=True)
    with count_queries() as lots:
        await scene.shifts(*many(200), dry_run=True)
    assert len(lots) == len(few) <= 12


async def test_no_file_leaves_the_period_of_a_mission_and_what_stands_stays(scene: Scene) -> None:
    await scene.shifts(row(), row(reference="R2", date="01/12/2026"))
    async with scene.db.writing() as session:
        mission = await session.get_one(Mission, scene.mission.id)
        mission.starts_on, mission.ends_on = date(2026, 12, 2), date(2026, 12, 10)
    plan = await scene.shifts(row(reference="R3", date="11/12/2026"), row(date="12/12/2026"))
    assert [one.outcome for one in plan.lines] == ["refused", "refused"]
    assert all("de sa période" in reason for reason in reasons(plan))
    plan = await scene.shifts(row(date="10/12/2026"), row(reference="R2", date="01/12/2026", capacity="3"))
    assert [one.outcome for one in plan.lines] == ["changed", "changed"]
