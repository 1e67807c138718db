"""Asking for a proposal, the process that answers, stopping it, and taking its lines."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from civic import clock
from civic.bookings.models import Booking
from civic.bookings.rules import LADDER
from civic.commands import worker
from civic.db import Database
from civic.outbox.models import OutboxMail
from civic.planning import fill_actions, fill_problem, fill_runner
from civic.planning.fill_facts import Facts
from civic.planning.fill_problem import Made
from civic.planning.fill_queries import WHY, why_empty
from civic.planning.models import FillLine, FillProposal
from tests.factories.fills import make_line, make_proposal
from tests.factories.shifts import make_booking, make_shift
from tests.factories.volunteers import make_volunteer
from tests.planning.world import World, moment
from tests.planning.world import world as world

ROOT = "/planning/propositions"
Counting = Callable[[], AbstractContextManager[list[str]]]
WEEK = {"first": "2026-11-25", "last": "2026-11-29"}


async def asked(world: World, who: str = "coordinator", **more: str) -> str:
    answer = await world.post(who, ROOT, **{**WEEK, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def proposal_at(db: Database, address: str) -> FillProposal:
    async with db.reading() as session:
        return await session.get_one(FillProposal, UUID(address.rpartition("/")[2]))


async def lines_of(db: Database, address: str) -> list[FillLine]:
    async with db.reading() as session:
        chosen = select(FillLine).where(FillLine.proposal_id == UUID(address.rpartition("/")[2]))
        return list(await session.scalars(chosen))


def test_every_rule_says_why_a_place_stays_empty() -> None:
    refusing = {code for code, _rule in LADDER} | {"email_unverified", "shift_not_open", "shift_started"}
    assert set(WHY) == refusing | {"spare", "set_aside"}
    assert why_empty([("overlap", 2), ("tutor_minor", 1)]) == "2 déjà pris, 1 mineur sans tutorat renforcé"
    assert why_empty([("gone", 1), ("overlap", 1), ("gone_too", 2)]) == "1 déjà pris, 3 empêchés par une autre règle"


async def test_from_the_question_to_the_places(world: World, db: Database) -> None:
    address = await asked(world)
    assert address == await asked(world), "the same question twice is one"
    waiting = await world.get("coordinator", address)
    assert "Calcul en cours" in waiting.text
    assert 'hx-trigger="every 1s"' in waiting.text
    assert await fill_runner.run_waiting(db, asyncio.Event()) == 1
    assert await fill_runner.run_waiting(db, asyncio.Event()) == 0
    lines = await lines_of(db, address)
    assert {one.shift_id for one in lines} == {world.shift.id, world.elsewhere.id}, "a draft shift is not filled"
    page = await world.get("coordinator", address)
    assert "Appliquer les 4" in page.text
    headings = re.findall(r'<h([23]) id="[jc]-[^"]*">(?:<a [^>]*>)?([^<]*)', page.text)
    assert headings == [
        ("2", "Jeudi 26 novembre 2026"),
        ("3", "Parc de Là-bas"),
        ("2", "Vendredi 27 novembre 2026"),
        ("3", "Parc d’Ici"),
    ]
    assert "every 1s" not in page.text
    taken = await world.post("coordinator", f"{address}/application", what="all", reason="Semaine pleine")
    assert taken.status_code == 303
    again = await world.post("coordinator", f"{address}/application", what="all", reason="Semaine pleine")
    assert again.status_code == 303
    async with db.reading() as session:
        seats = await session.scalar(select(func.count(Booking.id)).where(Booking.state == "confirmed"))
    assert seats == 4, "a second post books nothing twice"
    assert "Tout est décidé" in (await world.get("coordinator", address)).text
    assert "à décider" not in (await world.get("coordinator", ROOT)).text


class Nowhere:
    async def send(self, mail: OutboxMail) -> None:
        """Mails are another matter."""


async def test_a_worker_that_runs_once_answers_what_waits(
    world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved = await asked(world)
    assert await worker.once(db, Nowhere()) == 0
    assert (await proposal_at(db, solved)).state == "done"
    broken = await asked(world, last="2026-11-28")

    def build(_facts: Facts, _seed: int) -> Made:
        raise ZeroDivisionError

    monkeypatch.setattr(fill_problem, "build", build)
    assert await worker.once(db, Nowhere()) == 0
    failed = await proposal_at(db, broken)
    assert failed.state == "failed"
    assert failed.error.startswith("Une erreur a arrêté le calcul.")


async def test_one_line_set_aside_and_one_taken(world: World, db: Database) -> None:
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator)
        one = await make_line(session, proposal, world.shift, world.cast.volunteer)
        two = await make_line(session, proposal, world.shift, world.cast.colleague, rank=1, warnings=["Dimanche."])
    address = f"{ROOT}/{proposal.id}"
    nothing = await world.post("coordinator", f"{address}/application", what="ticked")
    assert nothing.status_code == 422
    assert "Cochez au moins une ligne" in nothing.text
    silent = await world.post("coordinator", f"{address}/application", what="all")
    assert silent.status_code == 422
    assert "Dites pourquoi" in silent.text
    assert (await world.post("coordinator", f"{address}/ecart", one=str(two.id))).status_code == 303
    done = await world.post("coordinator", f"{address}/application", what="ticked", line=str(one.id), reason="Vu")
    assert done.status_code == 303
    assert {line.id: line.state for line in await lines_of(db, address)} == {one.id: "accepted", two.id: "discarded"}
    assert (await world.post("coordinator", f"{address}/ecart", one="rien")).status_code == 404


async def test_a_place_taken_meanwhile_is_told(world: World, db: Database) -> None:
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator)
        await make_line(session, proposal, world.shift, world.cast.volunteer)
        await make_line(session, proposal, world.elsewhere, world.cast.colleague, rank=1)
        for _number in range(2):
            await make_booking(session, world.shift, await make_volunteer(session))
    address = f"{ROOT}/{proposal.id}"
    await world.post("coordinator", f"{address}/application", what="all", reason="Vu")
    states = {one.shift_id: (one.state, one.code) for one in await lines_of(db, address)}
    assert states == {world.shift.id: ("refused", "shift_full"), world.elsewhere.id: ("accepted", "")}
    page = await world.get("coordinator", address)
    assert "La place a été prise entre-temps." in page.text
    async with db.reading() as session:
        waiting = await session.scalar(select(func.count(Booking.id)).where(Booking.state == "waitlisted"))
    assert waiting == 0, "nobody is put in a queue behind their back"


async def test_a_blocking_rule_is_never_overridden(world: World, db: Database) -> None:
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator)
        beside = await make_shift(session, moment(27, 15), mission=world.mission, site=world.here)
        await make_booking(session, beside, world.cast.volunteer)
        await make_line(session, proposal, world.shift, world.cast.volunteer)
    await world.post("coordinator", f"{ROOT}/{proposal.id}/application", what="all", reason="Quand même")
    [line] = await lines_of(db, f"/{proposal.id}")
    assert (line.state, line.code) == ("refused", "overlap")
    assert "Déjà pris" in line.title


async def test_out_of_scope_is_refused_line_by_line(world: World, db: Database) -> None:
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator_call)
        await make_line(session, proposal, world.elsewhere, world.cast.volunteer)
    await world.post("coordinator_call", f"{ROOT}/{proposal.id}/application", what="all", reason="Vu")
    [line] = await lines_of(db, f"/{proposal.id}")
    assert (line.state, line.code) == ("refused", "out_of_scope")


async def test_a_proposal_stays_within_its_authors_scope(world: World, db: Database) -> None:
    address = await asked(world, "coordinator_call")
    await fill_runner.run_waiting(db, asyncio.Event())
    assert {one.shift_id for one in await lines_of(db, address)} == {world.shift.id}
    assert (await world.get("coordinator_cahc", address)).status_code == 404
    assert (await world.get("coordinator", address)).status_code == 200
    assert (await world.get("manager", address)).status_code == 403


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that finds something and never ends."""
    script = (
        "import sys, time; sys.stdin.readline(); print('"
        '{"kind": "progress", "places": 1, "value": 1, "bound": 9, "chosen": [0]}'
        "', flush=True); time.sleep(600)"
    )
    monkeypatch.setattr(fill_runner, "COMMAND", (sys.executable, "-c", script))
    monkeypatch.setattr(fill_runner, "BREATH", 0.05)


async def progress_of(db: Database, address: str) -> dict[str, Any]:
    for _attempt in range(400):
        found = (await proposal_at(db, address)).progress
        if found.get("places"):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("the process said nothing")


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("endless")
async def test_stopping_ends_the_process_and_keeps_the_best(world: World, db: Database) -> None:
    address = await asked(world)
    running = asyncio.create_task(fill_runner.run_waiting(db, asyncio.Event()))
    pid = (await progress_of(db, address))["pid"]
    assert runs(pid)
    assert "1 place trouve quelqu’un." in (await world.get("coordinator", address)).text
    assert (await world.post("coordinator", f"{address}/arret")).status_code == 303
    await asyncio.wait_for(running, 10)
    assert not runs(pid)
    assert (await proposal_at(db, address)).state == "stopped"
    assert len(await lines_of(db, address)) == 1
    page = await world.get("coordinator", address)
    assert "meilleur résultat trouvé jusque-là" in page.text


@pytest.mark.usefixtures("endless")
async def test_a_server_that_stops_leaves_the_question_to_the_next(world: World, db: Database) -> None:
    address, stopping = await asked(world), asyncio.Event()
    running = asyncio.create_task(fill_runner.run_waiting(db, stopping))
    pid = (await progress_of(db, address))["pid"]
    stopping.set()
    await asyncio.wait_for(running, 10)
    assert not runs(pid)
    assert (await proposal_at(db, address)).state == "waiting"


async def test_a_process_that_dies_is_a_failure_that_says_so(
    world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill_runner, "COMMAND", (sys.executable, "-c", "raise SystemExit(3)"))
    address = await asked(world)
    await fill_runner.run_waiting(db, asyncio.Event())
    page = await world.get("coordinator", address)
    assert "Le calcul s’est arrêté avant la fin." in page.text
    again = await world.post("coordinator", f"{address}/relance")
    made = await proposal_at(db, again.headers["location"])
    assert (made.state, str(made.follows_id)) == ("waiting", address.rpartition("/")[2])


async def test_a_run_whose_process_is_lost_is_closed(world: World, db: Database) -> None:
    silent = clock.now() - fill_actions.LOST - timedelta(seconds=1)
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator, "solving", alive_at=silent, started_at=silent)
    page = await world.get("coordinator", f"{ROOT}/{proposal.id}")
    assert "Relancer" in page.text
    await fill_runner.run_waiting(db, asyncio.Event())
    found = await proposal_at(db, f"/{proposal.id}")
    assert found.state == "failed"
    assert "interrompu" in found.error


async def test_without_the_solver_the_page_says_what_to_install(
    world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = await asked(world)
    monkeypatch.setattr(fill_runner, "find_spec", lambda _name: None)
    page = await world.get("coordinator", f"{ROOT}/nouvelle")
    assert "civic[planning]" in page.text
    assert "<form" not in page.text.split("<main")[1]
    assert (await world.post("coordinator", ROOT, **WEEK)).status_code == 409
    await fill_runner.run_waiting(db, asyncio.Event())
    assert (await proposal_at(db, waiting)).state == "failed"


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-11-29", "2026-11-25", "vient avant le premier"),
        ("2026-11-01", "2026-11-02", "Ces jours sont passés"),
        ("2026-11-25", "2027-01-25", "Quatre semaines au plus"),
        ("demain", "2026-11-25", "n’existe pas"),
    ],
)
async def test_days_that_make_no_sense(world: World, first: str, last: str, told: str) -> None:
    answer = await world.post("coordinator", ROOT, first=first, last=last)
    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{first}"' in answer.text


async def test_a_long_draft_is_shown_in_as_many_queries_as_a_short_one(
    world: World, db: Database, count_queries: Counting
) -> None:
    counts = []
    async with db.writing() as session:
        proposal = await make_proposal(session, world.cast.coordinator)
        await make_line(session, proposal, world.shift, world.cast.volunteer)
    for _round in range(2):
        with count_queries() as queries:
            assert (await world.get("coordinator", f"{ROOT}/{proposal.id}")).status_code == 200
        counts.append(len(queries))
        async with db.writing() as session:
            for day in (26, 27, 28):
                shift = await make_shift(session, moment(day, 9), mission=world.mission, site=world.here)
                await make_line(session, proposal, shift, await make_volunteer(session))
    assert counts[0] == counts[1]
