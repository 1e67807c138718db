"""The order of the topics in the form: the person's own use, then everybody's, steady all day."""

import re
from datetime import date, timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.encounters import queries
from civic.encounters.models import Topic
from civic.encounters.topic_use import most_used_first
from tests.encounters.scene import Browser, Scene, answers
from tests.factories.encounters import make_encounter


async def noted(session: AsyncSession, scene: Scene, who: str, *topics: str, days: int = 1, **fields: str) -> None:
    day = clock.today() - timedelta(days=days)
    await make_encounter(session, scene.site, scene.cast.users[who], day, topics=topics, **fields)


def shown(answer: httpx.Response) -> list[str]:
    return re.findall(r'name="topics" value="([^"]+)"', answer.text)


async def test_ones_own_come_first_then_everybodys(session: AsyncSession, scene: Scene) -> None:
    plain = [topic.code for topic in await queries.topics_on(session, clock.today())]
    mine, often, seldom, old, today, voided = plain[-6:]
    await noted(session, scene, "volunteer", mine)
    for code, times in ((often, 3), (seldom, 2)):
        for _ in range(times):
            await noted(session, scene, "colleague", code, days=90)
    for _ in range(5):
        await noted(session, scene, "volunteer", old, days=91)
        await noted(session, scene, "volunteer", today, days=0)
        await noted(session, scene, "volunteer", voided, status="voided")

    async def order(who: str) -> list[str]:
        topics = await queries.topics_on(session, clock.today())
        return [one.code for one in await most_used_first(session, topics, scene.cast.users[who].id, clock.today())]

    rest = [code for code in plain if code not in (mine, often, seldom)]
    assert await order("volunteer") == [mine, often, seldom, *rest]
    assert await order("colleague") == [often, seldom, mine, *rest]


async def test_the_form_keeps_its_order_all_day_and_drops_what_is_retired(
    as_: Browser, scene: Scene, session: AsyncSession
) -> None:
    phone = await as_("volunteer")
    before = shown(await phone.get("/rencontres/nouvelle"))
    last = before[-1]
    for _ in range(2):
        sent = await phone.post("/rencontres/nouvelle", data=answers(scene, topics=[last]))
        assert sent.status_code == 303
    assert shown(await phone.get("/rencontres/nouvelle")) == before
    wrong = await phone.post("/rencontres/nouvelle", data=answers(scene, topics=[]))
    assert (wrong.status_code, shown(wrong)) == (422, before)
    await noted(session, scene, "volunteer", last)
    retired = await session.get_one(Topic, before[0])
    retired.valid_to = date(2026, 11, 22)
    await session.commit()
    after = shown(await phone.get("/rencontres/nouvelle"))
    assert set(after) == set(before) - {before[0]}
    assert after.index(last) < before.index(last)
