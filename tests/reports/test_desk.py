"""Texts, quotes, publishing and closing: who may, what stays, and what a reader then finds."""

import re
from datetime import date
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic.encounters.models import Encounter
from civic.reports.filters import Filters
from civic.reports.models import Quote, ReportText, Snapshot
from civic.reports.printing import content_of
from civic.reports.publishing import digest
from tests.factories.reporting import make_quote, make_snapshot
from tests.reports.scene import Scene

QUARTER: dict[str, Any] = {"from": "2026-07-01", "to": "2026-09-30"}
SPAN = Filters(from_=date(2026, 7, 1), to=date(2026, 9, 30))


async def post(scene: Scene, who: str, path: str, **data: Any) -> Any:
    return await (await scene.browser(who)).post(path, data={**QUARTER, **data})


async def test_a_managers_texts_are_kept_and_printed(scene: Scene) -> None:
    answer = await post(scene, "manager", "/bilans/textes", introduction="Un été <b>chaud</b>.", rev3="Le soleil.")
    assert answer.status_code == 303
    page = await scene.get("manager", "/bilans/documents", **QUARTER)
    assert "Un été &lt;b&gt;chaud&lt;/b&gt;." in page.text
    async with scene.db.reading() as session:
        _report, content = await content_of(session, SPAN, "interne")
        assert content["introduction"] == "Un été <b>chaud</b>."
        assert [one["comment"] for one in content["pillars"]] == ["Le soleil.", "", ""]
        _report, narrowed = await content_of(session, Filters(from_=SPAN.from_, to=SPAN.to, topic="parks"), "interne")
        assert narrowed["introduction"] == "", "it speaks of the whole territory"
    await post(scene, "manager", "/bilans/textes", introduction="")
    async with scene.db.reading() as session:
        texts = {row.slot: row.text for row in await session.scalars(select(ReportText))}
        assert texts == {"introduction": "", "rev3": "Le soleil."}


async def test_a_text_too_long_is_given_back(scene: Scene) -> None:
    answer = await post(scene, "manager", "/bilans/textes", introduction="x" * 4001)
    assert answer.status_code == 422
    assert "x" * 4001 in answer.text
    assert (await post(scene, "coordinator", "/bilans/textes", introduction="Bonjour")).status_code == 403


async def test_a_quote_is_printed_once_it_was_approved(scene: Scene) -> None:
    words = {"text": "Ici on respire, même en hiver.", "month": "2026-09-14", "pillar": "archipel_vert"}
    assert (await post(scene, "coordinator", "/bilans/paroles", **words)).status_code == 303
    async with scene.db.reading() as session:
        quote = (await session.scalars(select(Quote))).one()
        assert (quote.month, quote.approved_at) == (date(2026, 9, 1), None)
        assert (await content_of(session, SPAN, "diffusion"))[1]["quotes"] == []
    assert (await post(scene, "coordinator", f"/bilans/paroles/{quote.id}/accord")).status_code == 403
    assert (await post(scene, "manager", f"/bilans/paroles/{quote.id}/accord")).status_code == 303
    async with scene.db.reading() as session:
        for audience in ("interne", "diffusion"):
            assert (await content_of(session, SPAN, audience))[1]["quotes"] == [["archipel_vert", words["text"]]]
    assert (await post(scene, "manager", f"/bilans/paroles/{quote.id}/retrait")).status_code == 303
    async with scene.db.reading() as session:
        assert (await content_of(session, SPAN, "interne"))[1]["quotes"] == []


@pytest.mark.parametrize("text", ["M. Dupont aime bien ce parc.", "Appelez le 06 12 34 56 78, vite.", "court", ""])
async def test_words_that_point_to_somebody_are_refused(scene: Scene, text: str) -> None:
    answer = await post(scene, "coordinator", "/bilans/paroles", text=text, month="2026-09-14")
    assert answer.status_code == 422
    assert (await post(scene, "manager", "/bilans/paroles", text="Un beau parc, vraiment.")).status_code == 403


async def test_a_published_report_never_changes(scene: Scene) -> None:
    await post(scene, "manager", "/bilans/textes", introduction="Avant.")
    for audience in ("interne", "diffusion"):
        assert (await post(scene, "manager", "/bilans/publications", version=audience)).status_code == 303
    async with scene.db.writing() as session:
        await session.execute(update(Encounter).values(status="voided"))
    await post(scene, "manager", "/bilans/textes", introduction="Après.")
    async with scene.db.reading() as session:
        first, second = (await session.scalars(select(Snapshot).order_by(Snapshot.number))).all()
        assert [(one.number, one.audience) for one in (first, second)] == [(1, "interne"), (2, "diffusion")]
        assert first.content["introduction"] == "Avant."
        assert first.sha256 == digest(first.content)
        assert first.content["definitions"]
        assert first.content["filters"]["from"] == "2026-07-01"
        assert first.row_count > 20
    paper = await scene.get("manager", f"/bilans/publications/{first.id}.pdf")
    assert pikepdf.open(BytesIO(paper.content)).Root.MarkInfo.Marked
    assert f"civic_bilan_1_interne_{SPAN.from_}" in paper.headers["content-disposition"]
    again = await scene.get("manager", f"/bilans/publications/{first.id}.pdf")
    assert again.content == paper.content
    assert (await scene.get("coordinator_call", f"/bilans/publications/{first.id}.pdf")).status_code == 404
    assert (await scene.get("coordinator_call", f"/bilans/publications/{second.id}.pdf")).status_code == 200
    page = await scene.get("manager", "/bilans/documents", **QUARTER)
    assert first.sha256[:12] in page.text
    compared = await scene.get("manager", "/bilans/comparaison", a=str(first.id), b=str(second.id))
    assert "Rencontres notées" in compared.text
    assert (await scene.get("manager", "/bilans/comparaison", a="nonsense")).status_code == 200


@pytest.mark.parametrize(
    ("who", "days", "version", "status"),
    [
        ("manager", {"to": "2026-12-31"}, "interne", 422),
        ("manager", {"from": "2026-10-01", "to": "2026-09-01"}, "interne", 422),
        ("manager", {"from": "2026-07-02"}, "diffusion", 422),
        ("manager", {}, "nonsense", 422),
        ("coordinator", {}, "interne", 403),
        ("admin", {}, "interne", 403),
    ],
)
async def test_who_publishes_what(scene: Scene, who: str, days: dict[str, str], version: str, status: int) -> None:
    assert (await post(scene, who, "/bilans/publications", **days, version=version)).status_code == status
    async with scene.db.reading() as session:
        assert (await session.scalars(select(Snapshot))).all() == []


async def test_a_manager_closes_and_opens_again_from_the_page(scene: Scene) -> None:
    assert (await post(scene, "manager", "/bilans/periodes")).status_code == 303
    page = await scene.get("manager", "/bilans/documents", **QUARTER)
    found = re.search(r"/bilans/periodes/([0-9a-f-]{36})/reouverture", page.text)
    assert found
    assert (await post(scene, "manager", f"/bilans/periodes/{found[1]}/reouverture", reason="")).status_code == 422
    assert (await post(scene, "manager", f"/bilans/periodes/{found[1]}/reouverture", reason="Oubli")).status_code == 303
    assert "Oubli" in (await scene.get("coordinator", "/bilans/documents", **QUARTER)).text
    assert (await post(scene, "manager", "/bilans/periodes", to="2027-01-01")).status_code == 422


async def test_only_a_quotes_author_or_a_manager_takes_it_back(scene: Scene) -> None:
    async with scene.db.writing() as session:
        quote = await make_quote(session, scene.cast.coordinator_call, approved=True)
    assert (await post(scene, "coordinator_cahc", f"/bilans/paroles/{quote.id}/retrait")).status_code == 403
    assert (await post(scene, "coordinator_call", f"/bilans/paroles/{quote.id}/retrait")).status_code == 303
    assert (await post(scene, "manager", f"/bilans/paroles/{quote.id}/accord")).status_code == 409


async def test_the_database_keeps_what_was_published(session: AsyncSession) -> None:
    snapshot = await make_snapshot(session)
    await session.commit()
    mine = Snapshot.id == snapshot.id
    for statement in (update(Snapshot).where(mine).values(row_count=7), delete(Snapshot).where(mine)):
        with pytest.raises(IntegrityError, match="report_published"):
            await session.execute(statement)
        await session.rollback()
    await session.execute(update(Snapshot).where(mine).values(published_by_id=None))
    await session.commit()
