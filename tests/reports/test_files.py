"""Files that the worker writes: whole or absent, resumed when it dies, one's own alone; and the periodic reports."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import time_machine
from pyarrow import parquet as columns
from sqlalchemy import func, select

from civic import clock
from civic.outbox.models import OutboxMail
from civic.reports import file_runner, files
from civic.reports.models import ReportFile
from civic.tasks import reports
from civic.tasks.items import Run
from tests.reports.scene import PERIOD, Scene

Mailbox = Callable[[], Awaitable[list[OutboxMail]]]


async def ask(scene: Scene, who: str, **data: Any) -> Any:
    values = {**PERIOD, "kind": "activity", "format": "xlsx", **data}
    return await (await scene.browser(who)).post("/bilans/fichiers", data=values)


async def only(scene: Scene) -> ReportFile:
    async with scene.db.reading() as session:
        return (await session.scalars(select(ReportFile))).one()


async def test_a_file_is_asked_for_written_and_fetched(scene: Scene) -> None:
    page = await scene.get("manager", "/bilans/fichiers")
    told = (await scene.get("manager", "/api/v1/reports/activity")).json()
    assert f"Ce fichier aura {told['row_count']} lignes." in page.text
    for _twice in range(2):
        assert (await ask(scene, "manager")).status_code == 303
    file = await only(scene)
    assert (file.state, file.rows_total) == ("waiting", told["row_count"])
    assert (await scene.get("manager", f"/bilans/fichiers/{file.id}")).status_code == 404
    assert await file_runner.run_waiting(scene.db) == 1
    assert await file_runner.run_waiting(scene.db) == 0
    answer = await scene.get("manager", f"/bilans/fichiers/{file.id}")
    assert 'filename="civic_bilan_2026-09-01_2026-10-31.xlsx"' in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert book["Données brutes"].max_row == told["row_count"] + 1
    for stranger in ("coordinator", "admin"):
        assert (await scene.get(stranger, f"/bilans/fichiers/{file.id}")).status_code == 404
    with time_machine.travel(clock.now() + files.KEPT + timedelta(hours=1), tick=False):
        await reports.drop_expired(Run("files", scene.db))
    assert (await scene.get("manager", f"/bilans/fichiers/{file.id}")).status_code == 404
    assert list(files.folder().iterdir()) == []


async def test_a_coordinators_file_holds_their_scope_alone(scene: Scene) -> None:
    assert (await ask(scene, "coordinator_call", kind="encounters", format="parquet")).status_code == 303
    await file_runner.run_waiting(scene.db)
    file = await only(scene)
    answer = await scene.get("coordinator_call", f"/bilans/fichiers/{file.id}")
    table = columns.read_table(BytesIO(answer.content))
    assert set(table.column("intermunicipality").to_pylist()) == {"CALL"}
    assert table.num_rows == file.rows_total == file.rows_done
    assert isinstance(table.column("date")[0].as_py(), date)
    assert "comment" not in table.column_names
    assert (await ask(scene, "coordinator_call", intermunicipality="CAHC")).status_code == 403
    direct = await scene.get("coordinator_call", "/api/v1/exports/encounters.parquet")
    assert columns.read_table(BytesIO(direct.content)).equals(table)


async def test_the_interface_leaves_a_long_workbook_to_the_worker(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """202 while it waits, one file however often it is asked for, then the file at the same address."""
    monkeypatch.setattr(files, "LONG", 3)
    for path, params in (("reports/activity", {}), ("exports/shifts", {}), ("exports/encounters", {"age": "age_60p"})):
        address = f"/api/v1/{path}.xlsx"
        for _twice in range(2):
            waiting = await scene.get("coordinator", address, **params)
            assert waiting.status_code == 202, path
            assert waiting.headers["retry-after"]
        told = waiting.json()
        assert (told["state"], told["rows_done"]) == ("waiting", 0)
        assert await file_runner.run_waiting(scene.db) == 1
        assert await file_runner.run_waiting(scene.db) == 0
        answer = await scene.get("coordinator", address, **params)
        assert answer.status_code == 200, path
        book = openpyxl.load_workbook(BytesIO(answer.content))
        assert book.worksheets[-1].max_row == told["rows_total"] + 1
        assert (await scene.get("coordinator", told["href"])).content == answer.content
        assert (await scene.get("manager", told["href"])).status_code == 404
    assert (await scene.get("manager", "/api/v1/exports/hours.xlsx")).status_code == 403
    with time_machine.travel(clock.now() + files.FRESH + timedelta(minutes=1), tick=False):
        assert (await scene.get("coordinator", "/api/v1/reports/activity.xlsx")).status_code == 202


async def test_progress_moves_on_the_page(scene: Scene) -> None:
    await ask(scene, "manager")
    async with scene.db.writing() as session:
        file = await files.claim(session)
        assert file is not None
        assert await files.breathe(session, file.id, file.tries, 12)
    page = (await scene.get("manager", "/bilans/fichiers")).text
    assert 'hx-trigger="every 2s"' in page
    assert f'<progress max="{file.rows_total}" value="12"' in page
    async with scene.db.writing() as session:
        await files.finish(session, file.id, file.tries, name="a.xlsx", rows=file.rows_total)
    assert "hx-trigger" not in (await scene.get("manager", "/bilans/fichiers")).text.split("f-files")[1]


@pytest.mark.parametrize(
    "wrong", [{"kind": "hours"}, {"kind": "activity", "format": "parquet"}, {"from": "nonsense"}, {"site": "nowhere"}]
)
async def test_nonsense_is_refused(scene: Scene, wrong: dict[str, str]) -> None:
    assert (await ask(scene, "manager", **wrong)).status_code == 422
    assert (await ask(scene, "volunteer")).status_code == 403


async def test_a_worker_that_dies_is_followed_by_another_and_says_so_in_the_end(scene: Scene) -> None:
    await ask(scene, "manager")
    async with scene.db.writing() as session:
        first = await files.claim(session)
    assert first is not None
    async with scene.db.writing() as session:
        assert await files.claim(session) is None, "it breathes"
    later = clock.now() + files.SILENCE + timedelta(seconds=1)
    with time_machine.travel(later, tick=False):
        async with scene.db.writing() as session:
            second = await files.claim(session)
            assert second is not None
            assert not await files.breathe(session, first.id, first.tries - 1, 5), "the first one's time is over"
        assert await files_of(scene) == ("writing", 2)
    for _n in range(2):
        later += files.SILENCE + timedelta(seconds=1)
        with time_machine.travel(later, tick=False):
            async with scene.db.writing() as session:
                await files.claim(session)
    file = await only(scene)
    assert file.state == "failed"
    assert file.error in (await scene.get("manager", "/bilans/fichiers")).text


async def files_of(scene: Scene) -> tuple[str, int]:
    file = await only(scene)
    return file.state, file.tries


async def test_a_writing_that_fails_leaves_nothing_and_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(file_runner, "write_workbook", broken)
    await ask(scene, "manager")
    await file_runner.run_waiting(scene.db)
    file = await only(scene)
    assert (file.state, "no space" in file.error) == ("failed", False)
    assert list(files.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("today", "occasions"),
    [
        (date(2026, 11, 23), ["month:2026-10", "quarter:2026-T3"]),
        (date(2026, 10, 7), ["month:2026-08", "quarter:2026-T2"]),
        (date(2026, 10, 8), ["month:2026-09", "quarter:2026-T3"]),
        (date(2027, 1, 7), ["month:2026-11", "quarter:2026-T3"]),
        (date(2027, 1, 8), ["month:2026-12", "quarter:2026-T4"]),
    ],
)
def test_what_is_due(today: date, occasions: list[str]) -> None:
    found = reports.due(today)
    assert [one.occasion for one in found] == occasions
    assert all(one.last + reports.SETTLED <= today and one.first.day == 1 for one in found)


async def test_the_periodic_reports_are_made_and_told_once(scene: Scene, mailbox: Mailbox) -> None:
    for _again in range(2):
        await reports.ask(Run("reports", scene.db))
        while await file_runner.run_waiting(scene.db):
            pass
    async with scene.db.reading() as session:
        made = {one.occasion: one for one in await session.scalars(select(ReportFile))}
        assert await session.scalar(select(func.count()).select_from(ReportFile)) == 2
    assert set(made) == {"month:2026-10", "quarter:2026-T3"}
    mails = await mailbox()
    assert [mail.recipient for mail in mails] == ["helene@example.test"] * 2
    paths = {f"/bilans/fichiers/{one.id}" for one in made.values()}
    for path in paths:
        assert any(path in mail.text_body for mail in mails)
        assert (await scene.get(None, path)).status_code in (303, 401)
        assert (await scene.get("coordinator", path)).status_code == 404
        answer = await scene.get("manager", path)
        assert answer.content.startswith(b"%PDF-")
