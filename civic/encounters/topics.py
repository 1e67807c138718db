"""The verbs of topics: add, rename, retire, merge. No encounter of a past period changes its topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, case, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from civic import clock
from civic.accounts.models import User
from civic.audit import record as note
from civic.encounters.lookups import closed_spans
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.encounters.topic_rules import (
    slug,
    wrong_label,
    wrong_merge,
    wrong_retirement,
    wrong_start,
    wrong_state,
)
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.i18n import _

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a merge would change: encounters that name the topic before its first day, which stay, and from it on, which
    go along (`both`: those that name the other too, and count there once). Voided ones are left out of the counts.
    """

    before: int
    after: int
    both: int
    first: date | None


async def find(session: AsyncSession, code: str) -> Topic:
    """Raises NotFound."""
    found = await session.get(Topic, code) if code.isprintable() else None
    if found is None:
        raise NotFound
    return found


async def last_named(session: AsyncSession, code: str) -> date | None:
    """The last day whose encounters name a topic."""
    return await session.scalar(_naming(code).with_only_columns(func.max(Encounter.date)))


async def reach(session: AsyncSession, code: str, into: str, first_day: date) -> Reach:
    other = aliased(EncounterTopic)
    named = select(other.encounter_id).where(other.encounter_id == Encounter.id, other.topic_code == into).exists()
    later = Encounter.date >= first_day
    counts = (
        func.coalesce(func.sum(case((later, 0), else_=1)), 0),
        func.coalesce(func.sum(case((later, 1), else_=0)), 0),
        func.coalesce(func.sum(case((later & named, 1), else_=0)), 0),
        func.min(case((later, Encounter.date))),
    )
    chosen = _naming(code).where(Encounter.status != "voided").with_only_columns(*counts)
    before, after, both, first = (await session.execute(chosen)).one()
    return Reach(int(before), int(after), int(both), first)


def _naming(code: str) -> Select[Any]:
    """The encounters that name a topic."""
    joined = select(Encounter.id).join(EncounterTopic, EncounterTopic.encounter_id == Encounter.id)
    return joined.where(EncounterTopic.topic_code == code)


async def add(
    session: AsyncSession, *, by: User, label: str, pillar: str | None, sensitive: bool, valid_from: date
) -> Topic:
    """A topic that can be chosen from a day on, last of its pillar. Raises Invalid by field."""
    _admin_only(by)
    known = await _all(session)
    wrong = wrong_label(label, None, known) | wrong_start(valid_from, clock.today())
    if wrong:
        raise Invalid(wrong)
    made = Topic(
        code=slug(label, {one.code for one in known}),
        label=label,
        pillar=pillar,
        sensitive=sensitive,
        rank=max((one.rank for one in known if one.pillar == pillar), default=0),
        valid_from=valid_from,
    )
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise Refusal("changed_meanwhile", _("Quelqu’un vient d’ajouter ce thème. Rechargez la page.")) from error
    note(session, by=by, verb="topic.added", subject=made, detail={"name": label, "valid_from": str(valid_from)})
    return made


async def rename(session: AsyncSession, *, by: User, code: str, label: str, sensitive: bool) -> None:
    """Other words for the same thing, on every page from now on. What is sensitive stays so. Raises Invalid."""
    _admin_only(by)
    topic = await _locked(session, code)
    wrong = wrong_label(label, code, await _all(session))
    if wrong:
        raise Invalid(wrong)
    if topic.sensitive and not sensitive:
        raise Invalid({"sensitive": _("Un thème sensible le reste : des nombres masqués seraient publiés.")})
    before = topic.label
    if (label, sensitive) == (before, topic.sensitive):
        return
    topic.label, topic.sensitive = label, sensitive
    note(session, by=by, verb="topic.renamed", subject=topic, detail={"name": label, "before": before})


async def retire(session: AsyncSession, *, by: User, code: str, last_day: date) -> None:
    """Nobody chooses it after that day; its encounters stay. Raises Invalid, or Refusal when it has an end already."""
    _admin_only(by)
    topic = await _open(session, code)
    wrong = wrong_retirement(topic, last_day, clock.today(), await last_named(session, code))
    if not wrong and all(one.code == code or one.valid_to for one in await _all(session)):
        wrong = {"last_day": _("C’est le dernier thème en service : ajoutez-en d’abord un autre.")}
    if wrong:
        raise Invalid(wrong)
    topic.valid_to = last_day
    note(session, by=by, verb="topic.retired", subject=topic, detail={"name": topic.label, "last_day": str(last_day)})


async def keep(session: AsyncSession, *, by: User, code: str) -> None:
    """Take back an end, by retirement or merge, that has not come yet. Again: nothing more happens."""
    _admin_only(by)
    topic = await _locked(session, code)
    if topic.valid_to is None:
        return
    if topic.valid_to < clock.today():
        raise Refusal("topic_ended", _("Ce thème a déjà pris fin : ajoutez-en un autre."))
    topic.valid_to = topic.merged_into = None
    note(session, by=by, verb="topic.kept", subject=topic, detail={"name": topic.label})


async def merge(session: AsyncSession, *, by: User, code: str, into: str, first_day: date) -> int:
    """From a day on a topic counts as another. Returns how many rows went along; Invalid by field, Refusal when it has
    an end already. The kept versions of the encounters stay as they were typed.
    """
    _admin_only(by)
    await find(session, code)
    # In the order of a batch of records (encounters, then topics), so that the two never wait for each other for good.
    chosen = _naming(code).where(Encounter.date >= first_day).order_by(Encounter.id)
    await session.execute(chosen.with_for_update(of=Encounter))
    rows = {one.code: one for one in await _locked_all(session, (code, into if into.isprintable() else ""))}
    topic, target = rows[code], rows.get(into)
    if target is None:
        raise Invalid({"into": _("Choisissez un thème.")})
    _check_open(topic)
    wrong = wrong_merge(topic, target, first_day, clock.today(), await closed_spans(session))
    if wrong:
        raise Invalid(wrong)
    try:
        async with session.begin_nested():
            topic.valid_to, topic.merged_into = first_day - DAY, into
            await session.flush()
            moved = await _move(session, code, into, first_day)
    except IntegrityError as error:
        words = _("La période vient d’être close. Rechargez la page, puis choisissez un autre jour.")
        raise Refusal("period_closed", words) from error
    detail = {"name": topic.label, "into": target.label, "first_day": str(first_day), "encounters": moved}
    note(session, by=by, verb="topic.merged", subject=topic, detail=detail)
    return moved


async def _move(session: AsyncSession, code: str, into: str, first_day: date) -> int:
    """The encounters of the days from then on, each of which names the other once."""
    named = select(EncounterTopic.encounter_id).where(EncounterTopic.topic_code == into)
    later = select(Encounter.id).where(Encounter.date >= first_day)
    here = (EncounterTopic.topic_code == code, EncounterTopic.encounter_id.in_(later))
    twice = delete(EncounterTopic).where(*here, EncounterTopic.encounter_id.in_(named))
    gone = await session.execute(twice.execution_options(synchronize_session=False))
    change = update(EncounterTopic).where(*here).values(topic_code=into)
    done = await session.execute(change.execution_options(synchronize_session=False))
    return int(gone.rowcount + done.rowcount)  # type: ignore[attr-defined]


async def _all(session: AsyncSession) -> Sequence[Topic]:
    return (await session.scalars(select(Topic))).all()


async def _locked(session: AsyncSession, code: str) -> Topic:
    await find(session, code)
    return (await _locked_all(session, (code,)))[0]


async def _locked_all(session: AsyncSession, codes: Sequence[str]) -> Sequence[Topic]:
    """Whoever writes an encounter that names one of them ends first, and whoever comes later reads what is written."""
    chosen = select(Topic).where(Topic.code.in_(codes)).order_by(Topic.code).with_for_update()
    return (await session.scalars(chosen.execution_options(populate_existing=True))).all()


async def _open(session: AsyncSession, code: str) -> Topic:
    topic = await _locked(session, code)
    _check_open(topic)
    return topic


def _check_open(topic: Topic) -> None:
    ended = wrong_state(topic)
    if ended:
        raise Refusal("topic_ended", ended)


def _admin_only(by: User) -> None:
    if by.role != "admin":
        raise Forbidden
