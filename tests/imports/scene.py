"""A week with a mission at two places, and the short way from rows to what an import does with them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from civic.accounts.models import User
from civic.db import Database
from civic.imports.actions import import_file
from civic.imports.kinds import KINDS
from civic.imports.plan import Plan
from civic.missions.models import Mission
from civic.settings import Settings
from civic.sites.models import Site
from tests.cast import Cast, make_cast
from tests.factories.missions import make_mission
from tests.factories.sites import make_site
from tests.imports.files import csv_of

NOW = "2026-11-25 10:00+01:00"
HEAD = ("Référence", "Mission", "Lieu", "Date", "Début", "Fin", "Places", "Minimum", "État")


def row(**changed: str) -> tuple[str, ...]:
    """A draft of two places at the park of the CALL, on Thursday 3 December from 14 to 17 h."""
    values = {
        "reference": "R1",
        "mission": "Aller vers",
        "site": "Parc d’Ici",
        "date": "03/12/2026",
        "start": "14h",
        "end": "17h",
        "capacity": "",
        "minimum": "",
        "state": "",
        **changed,
    }
    return tuple(values.values())


@dataclass
class Scene:
    db: Database
    cast: Cast
    here: Site
    there: Site
    mission: Mission

    async def give(
        self, kind: str, *rows: Sequence[str], who: str = "coordinator", dry_run: bool = False, name: str = "f.csv"
    ) -> Plan:
        """Import rows, the header among them, as somebody."""
        async with self.db.writing() as session:
            chosen = select(User).where(User.id == self.cast.users[who].id).options(joinedload(User.scopes))
            by = (await session.scalars(chosen)).unique().one()
            content = csv_of(rows, encoding="cp1252")
            return await import_file(session, by=by, kind=KINDS[kind], name=name, content=content, dry_run=dry_run)

    async def shifts(self, *rows: Sequence[str], who: str = "coordinator", dry_run: bool = False) -> Plan:
        return await self.give("shifts", HEAD, *rows, who=who, dry_run=dry_run)


@pytest.fixture
async def scene(db: Database, settings: Settings) -> AsyncIterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        async with db.writing() as session:
            cast = await make_cast(session)
            here = await make_site(session, "parc-ici", name="Parc d’Ici")
            there = await make_site(session, "parc-la-bas", "CAHC", name="Parc de Là-bas")
            mission = await make_mission(session, [here, there], title="Aller vers")
        yield Scene(db, cast, here, there, mission)


def reasons(plan: Plan) -> list[str]:
    return [problem.reason for line in plan.lines for problem in line.problems]
