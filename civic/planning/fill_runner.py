"""Takes up the questions that wait, one at a time, each in a process of its own: the server goes on answering."""

import asyncio
import json
import logging
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.db import Database
from civic.i18n import _
from civic.logs import one_line
from civic.planning import fill_actions, fill_answer, fill_problem
from civic.planning.fill_facts import Facts, facts_for
from civic.planning.models import FillProposal

log = logging.getLogger("civic")
COMMAND = (sys.executable, "-m", "civic.planning.fill_run")
BREATH = 0.5
# A line of progress lists what is chosen: far more than asyncio's own limit.
LINE_BYTES = 4_000_000
# The solver stops by its own count of work long before; this is for a machine that stands still.
PATIENCE = 180.0


def installed() -> bool:
    """Whether the optional part of the product that proposes is there."""
    return find_spec("ortools") is not None


@dataclass(slots=True)
class Heard:
    """What the process has said so far."""

    pid: int = 0
    places: int = 0
    value: float = 0.0
    bound: float = 0.0
    chosen: list[int] = field(default_factory=list)
    ended: bool = False

    def take(self, line: bytes) -> None:
        said: dict[str, Any] = json.loads(line)
        self.chosen, self.places = said["chosen"], said["places"]
        self.value, self.bound = said["value"], said["bound"]
        self.ended = said["kind"] == "answer"


async def run_waiting(database: Database, stopping: asyncio.Event) -> int:
    """Answer the oldest question, if one waits; returns how many were taken up."""
    async with database.reading() as session:
        waiting = select(FillProposal.id).where(FillProposal.state.in_(fill_actions.RUNNING)).limit(1)
        if await session.scalar(waiting) is None:
            return 0
    async with database.writing() as session:
        proposal = await fill_actions.claim(session)
    if proposal is None:
        return 0
    try:
        await _run(database, proposal, stopping)
    except Exception as error:
        # Whatever it was, who waits for the answer is told at once.
        log.error("proposal %s: %s", proposal.id, one_line(error))
        why = _("Une erreur a arrêté le calcul. Relancez-le ; si elle revient, parlez-en à l’administration.")
        await _fail(database, proposal.id, why)
    return 1


async def _run(database: Database, proposal: FillProposal, stopping: asyncio.Event) -> None:
    if not installed():
        await _fail(database, proposal.id, _("Le module de calcul n’est pas installé sur ce serveur."))
        return
    async with database.reading() as session:
        user = select(User).options(joinedload(User.scopes)).where(User.id == proposal.created_by_id, User.is_active)
        asker = (await session.scalars(user)).unique().one_or_none()
        facts = await facts_for(session, asker, proposal) if asker else None
    if facts is None:
        await _fail(database, proposal.id, _("La personne qui l’a demandée n’a plus de compte."))
        return
    # Judging everybody for every shift takes a moment: beside the loop, so that pages go on being served.
    made = await asyncio.to_thread(fill_problem.build, facts, proposal.seed)
    heard = Heard()
    if made.pairs and not await _solve(database, proposal, made.problem, heard, stopping):
        return
    answer = await asyncio.to_thread(_answer, facts, made, heard)
    async with database.writing() as session:
        measured = {"value": round(heard.value), "bound": round(heard.bound), "seconds": _since(proposal)}
        await fill_actions.keep(session, proposal.id, answer, measured)


def _answer(facts: Facts, made: fill_problem.Made, heard: Heard) -> fill_answer.Answer:
    return fill_answer.answer(facts, [made.pairs[index] for index in heard.chosen])


async def _solve(
    database: Database, proposal: FillProposal, problem: dict[str, Any], heard: Heard, stopping: asyncio.Event
) -> bool:
    """Run the process to its end, or until somebody stops it; False when there is no answer to keep."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, limit=LINE_BYTES
    )
    assert process.stdin is not None
    assert process.stdout is not None
    heard.pid = process.pid
    listening = asyncio.create_task(_listen(process.stdout, heard))
    try:
        process.stdin.write(json.dumps(problem).encode() + b"\n")
        with suppress(ConnectionError):
            await process.stdin.drain()
        stopped = False
        while not listening.done() and not stopped:
            if stopping.is_set():
                async with database.writing() as session:
                    await fill_actions.put_back(session, proposal.id)
                return False
            await asyncio.wait({listening}, timeout=BREATH)
            async with database.writing() as session:
                stopped = not await fill_actions.breathe(session, proposal.id, _progress(proposal, heard))
            if (clock.now() - (proposal.started_at or clock.now())).total_seconds() > PATIENCE:
                break
    finally:
        # Whatever happens to this task, the process does not outlive it.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        listening.cancel()
    if heard.ended or stopped:
        return True
    await _fail(database, proposal.id, _("Le calcul s’est arrêté avant la fin. Relancez-le."))
    return False


async def _listen(stream: asyncio.StreamReader, heard: Heard) -> None:
    while line := await stream.readline():
        heard.take(line)


def _progress(proposal: FillProposal, heard: Heard) -> dict[str, Any]:
    return {
        "places": heard.places,
        "value": round(heard.value),
        "bound": round(heard.bound),
        "seconds": _since(proposal),
        "pid": heard.pid,
    }


def _since(proposal: FillProposal) -> float:
    return round((clock.now() - (proposal.started_at or clock.now())).total_seconds(), 1)


async def _fail(database: Database, proposal_id: UUID, why: str) -> None:
    async with database.writing() as session:
        await fill_actions.fail(session, proposal_id, why)
