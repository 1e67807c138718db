"""The pages of an import: look first, then apply once; one's own files only."""

import asyncio
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.audit.models import AuditEvent
from civic.imports import blank
from civic.imports.columns import lines_of
from civic.imports.kinds import KINDS
from civic.imports.models import ImportRun
from civic.imports.reading import read
from civic.imports.wrong import Unreadable
from civic.settings import Settings
from civic.shifts.models import Shift
from civic.tasks.registry import TASKS
from civic.tasks.work import run_due
from tests.cast import sign_in
from tests.factories.shifts import make_shift
from tests.imports.files import csv_of, xlsx_of
from tests.imports.scene import HEAD, Scene, row

MakeClient = Callable[[], httpx.AsyncClient]


@pytest.fixture
async def open_as(scene: Scene, make_client: MakeClient) -> Callable[[str], Any]:
    async def opening(who: str) -> httpx.AsyncClient:
        return await sign_in(make_client, scene.db, scene.cast.users[who])

    return opening


async def send(
    page: httpx.AsyncClient, content: bytes, kind: str = "shifts", name: str = "planning.csv"
) -> httpx.Response:
    return await page.post("/imports", data={"kind": kind}, files={"file": (name, content, "text/csv")})


def plan_of(page: httpx.Response) -> str:
    found = re.search(r'name="plan" value="(\w+)"', page.text)
    assert found
    return found[1]


def kept(settings: Settings) -> list[Path]:
    return list((settings.files / "imports").glob("*"))


async def shifts(scene: Scene) -> int:
    async with scene.db.reading() as session:
        return await session.scalar(select(func.count()).select_from(Shift)) or 0


async def test_look_apply_and_a_second_click(scene: Scene, open_as: Any, settings: Settings) -> None:
    page = await open_as("coordinator")
    sent = await send(page, xlsx_of([HEAD, row(), row(reference="R2", start="9h", end="12h")]))
    assert sent.status_code == 303
    address = sent.headers["location"]
    looked = await page.get(address)
    assert "Prêt : 2 lignes à importer" in looked.text.replace("\u00a0", " ")
    assert "Aller vers · 2 places · brouillon" in looked.text
    assert await shifts(scene) == 0
    assert len(kept(settings)) == 1
    assert kept(settings)[0].stat().st_mode & 0o077 == 0
    for _click in range(2):
        done = await page.post(f"{address}/execution", data={"plan": plan_of(looked)})
        assert done.status_code == 303
    assert await shifts(scene) == 2
    assert kept(settings) == []
    async with scene.db.reading() as session:
        applied = await session.scalar(select(func.count()).where(AuditEvent.verb == "import.applied"))
    assert applied == 1
    over = await page.get(address)
    assert "2 créées" in over.text
    assert "execution" not in over.text


async def test_two_clicks_at_once_import_once(scene: Scene, open_as: Any) -> None:
    page, other = await open_as("coordinator"), await open_as("coordinator")
    address = (await send(page, csv_of([HEAD, row(), row(reference="", start="9h", end="12h")]))).headers["location"]
    seen = {"plan": plan_of(await page.get(address))}
    answers = await asyncio.gather(*(one.post(f"{address}/execution", data=seen) for one in (page, other, page)))
    assert [one.status_code for one in answers] == [303] * 3
    assert await shifts(scene) == 2


async def test_one_file_in_two_hands_at_once_is_imported_once(scene: Scene, open_as: Any) -> None:
    lines = csv_of([HEAD, *(row(reference="", start=f"{hour}h", end=f"{hour + 1}h") for hour in range(8, 18))])
    hands = [await open_as("coordinator"), await open_as("coordinator_call")]
    addresses = [(await send(one, lines)).headers["location"] for one in hands]
    seen = [{"plan": plan_of(await one.get(address))} for one, address in zip(hands, addresses, strict=True)]
    answers = await asyncio.gather(
        *(
            one.post(f"{address}/execution", data=plan)
            for one, address, plan in zip(hands, addresses, seen, strict=True)
        )
    )
    assert sorted(one.status_code for one in answers) == [303, 409]
    assert await shifts(scene) == 10


async def test_a_stranger_sends_nothing(
    scene: Scene, make_client: MakeClient, open_as: Any, settings: Settings
) -> None:
    content = csv_of([HEAD, row()])
    assert (await send(make_client(), content)).status_code == 401
    for who in ("volunteer", "manager"):
        assert (await send(await open_as(who), content)).status_code == 403
    assert kept(settings) == []


async def test_what_moved_meanwhile_is_shown_again_and_not_written(scene: Scene, open_as: Any) -> None:
    page = await open_as("coordinator")
    address = (await send(page, csv_of([HEAD, row(), row(reference="R2", start="9h", end="12h")]))).headers["location"]
    seen = plan_of(await page.get(address))
    async with scene.db.writing() as session:
        starts = clock.at(clock.today() + timedelta(days=8), clock.local(clock.now()).time().replace(hour=14))
        await make_shift(session, starts, mission=scene.mission, site=scene.here, reference="R1", state="draft")
    again = await page.post(f"{address}/execution", data={"plan": seen})
    assert again.status_code == 409
    assert "bougé" in again.text
    assert await shifts(scene) == 1
    done = await page.post(f"{address}/execution", data={"plan": plan_of(again)})
    assert done.status_code == 303
    assert await shifts(scene) == 2


async def test_refused_lines_are_told_and_listed_and_nothing_can_be_imported(scene: Scene, open_as: Any) -> None:
    page = await open_as("coordinator")
    lines = [HEAD, row(), row(reference="R2", site="=cmd|' /C calc'!A0")]
    address = (await send(page, csv_of(lines))).headers["location"]
    looked = await page.get(address)
    assert "1 ligne à corriger" in looked.text
    assert "execution" not in looked.text
    assert "Ce lieu n’existe pas" in looked.text
    listed = await page.get(f"{address}/refus.csv")
    assert listed.content.startswith(b"\xef\xbb\xbfLigne;")
    assert "3;'=cmd" in listed.text
    forced = await page.post(f"{address}/execution", data={"plan": "x"})
    assert forced.status_code == 409
    assert await shifts(scene) == 0


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        (b"", "f.csv", "vide"),
        (b"%PDF-1.7", "f.csv", "PDF"),
        (b"\x00\x01\x02\x03", "f.xlsx", "lisible"),
        (b"A;B\n1;2\n", "f.csv", "inconnues"),
        (csv_of([HEAD]), "f.csv", "sous l’en-tête"),
    ],
)
async def test_nonsense_comes_back_with_a_sentence(
    scene: Scene, open_as: Any, settings: Settings, content: bytes, name: str, word: str
) -> None:
    answer = await send(await open_as("coordinator"), content, name=name)
    assert answer.status_code == 422
    assert word in answer.text
    assert kept(settings) == []


async def test_no_file_a_wrong_kind_and_one_too_big(scene: Scene, open_as: Any) -> None:
    page = await open_as("coordinator")
    none = await page.post("/imports", data={"kind": "shifts"})
    assert none.status_code == 422
    assert "Choisissez un fichier" in none.text
    text = await page.post("/imports", data={"kind": "shifts", "file": "du texte"})
    assert text.status_code == 422
    assert (await send(page, csv_of([HEAD, row()]), kind="sites")).status_code == 422
    assert (await send(page, b"x" * 10_050_000)).status_code == 422
    huge = await send(page, b"x" * 10_200_000)
    assert huge.status_code == 413
    assert 'id="f-file"' in huge.text
    assert "Ce fichier dépasse 10 Mo. Coupez-le en plusieurs." in huge.text
    other = await page.post("/planning/creneaux/nouveau", data={"x": "y" * 1_000_001})
    assert other.status_code == 413, "the room of imports is theirs alone"


async def test_a_long_file_is_shown_in_pages(scene: Scene, open_as: Any) -> None:
    page = await open_as("coordinator")
    lines = [row(reference=f"R{n}", date=f"{1 + n % 28:02}/01/2027", start=f"{8 + n // 28}h") for n in range(120)]
    address = (await send(page, csv_of([HEAD, *lines]))).headers["location"]
    first, last = await page.get(address), await page.get(f"{address}?voir=created&page=3")
    assert first.text.count(">ligne ") == 50
    assert last.text.count(">ligne ") == 20
    for odd in ("?page=0", "?page=x", "?voir=rien", "?page=9999999", "?page=²"):
        assert (await page.get(address + odd)).status_code == 200


async def test_a_file_is_its_senders_alone(scene: Scene, open_as: Any) -> None:
    address = (await send(await open_as("coordinator"), csv_of([HEAD, row()]))).headers["location"]
    for who in ("coordinator_call", "admin"):
        page = await open_as(who)
        assert (await page.get(address)).status_code == 404
        assert (await page.post(f"{address}/execution")).status_code == 404
        assert (await page.post(f"{address}/abandon")).status_code == 404


async def test_a_dropped_file_is_gone(scene: Scene, open_as: Any, settings: Settings) -> None:
    page = await open_as("coordinator")
    address = (await send(page, csv_of([HEAD, row()]))).headers["location"]
    seen = plan_of(await page.get(address))
    assert (await page.post(f"{address}/abandon")).status_code == 303
    assert kept(settings) == []
    assert (await page.post(f"{address}/execution", data={"plan": seen})).status_code == 409
    assert "retiré" in (await page.get(address)).text
    assert await shifts(scene) == 0


async def test_a_file_that_changed_on_the_disk_is_not_applied(scene: Scene, open_as: Any, settings: Settings) -> None:
    page = await open_as("coordinator")
    address = (await send(page, csv_of([HEAD, row()]))).headers["location"]
    seen = plan_of(await page.get(address))
    kept(settings)[0].write_bytes(csv_of([HEAD, row(), row(reference="R2", start="9h", end="12h")]))
    assert (await page.post(f"{address}/execution", data={"plan": seen})).status_code == 409
    assert "de nouveau" in (await page.get(address)).text
    assert await shifts(scene) == 0


async def test_files_are_thrown_away_after_a_day(scene: Scene, open_as: Any, settings: Settings) -> None:
    page = await open_as("coordinator")
    await send(page, csv_of([HEAD, row()]))
    task = [one for one in TASKS if one.name == "imports"]
    await run_due(scene.db, task, now=True)
    assert len(kept(settings)) == 1
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        await run_due(scene.db, task, now=True)
    assert kept(settings) == []
    async with scene.db.reading() as session:
        assert list(await session.scalars(select(ImportRun.state))) == ["dropped"]


async def test_a_file_without_a_row_is_swept_away(scene: Scene, settings: Settings) -> None:
    folder = settings.files / "imports"
    folder.mkdir(parents=True)
    fresh, old = folder / "fresh", folder / "old"
    for file, age in ((fresh, timedelta(hours=1)), (old, timedelta(days=3))):
        file.write_bytes(b"x")
        when = (clock.now() - age).timestamp()
        os.utime(file, (when, when))
    await run_due(scene.db, [one for one in TASKS if one.name == "imports"], now=True)
    assert (fresh.exists(), old.exists()) == (True, False)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_sent_back_as_it_is_is_told_so(kind: Any, form: str) -> None:
    content = blank.template(kind, form)
    table = read(content, kind.sheet)
    assert len(table.header) == len(kind.template)
    with pytest.raises(Unreadable, match="sous l’en-tête"):
        lines_of(table, kind.columns)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_the_examples_of_a_template_can_be_read(kind: Any) -> None:
    columns = [one for one in kind.columns if one.code in kind.template]
    rows = [[one.code for one in columns], [one.example for one in columns]]
    [line] = lines_of(read(csv_of(rows), "x"), kind.columns)
    assert line.problems == []


async def test_templates_are_downloaded(scene: Scene, open_as: Any) -> None:
    page = await open_as("coordinator")
    got = await page.get("/imports/modeles/shifts.csv")
    assert got.headers["content-disposition"] == 'attachment; filename="civic_modele_creneaux.csv"'
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert (await page.get("/imports/modeles/volunteers.xlsx")).content.startswith(b"PK")
    assert (await page.get("/imports/modeles/sites.csv")).status_code == 403
    assert (await page.get("/imports/modeles/shifts.pdf")).status_code == 404
    assert (await page.get("/imports/modeles/rien.csv")).status_code == 404


async def test_the_look_costs_few_queries(
    scene: Scene, open_as: Any, session: AsyncSession, count_queries: Any
) -> None:
    page = await open_as("coordinator")
    lines = [row(reference=f"R{n}", date=f"{1 + n % 28:02}/01/2027", start=f"{8 + n // 28}h") for n in range(200)]
    address = (await send(page, csv_of([HEAD, *lines]))).headers["location"]
    with count_queries() as queries:
        await page.get(address)
    assert len(queries) <= 9, queries
