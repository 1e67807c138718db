"""The two kinds of record that phones send, encounters and outings: how each is read from its rows and written to them.

Plain statements rather than mapped objects: a savepoint that fails leaves nothing behind in the session.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Insert, delete, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic.clock import now
from civic.db import Base
from civic.encounters import codes
from civic.encounters.contents import Content, Record, people, read_encounter, read_outing
from civic.encounters.detector import holds
from civic.encounters.models import Encounter, EncounterTopic, EncounterVersion, Outing, OutingVersion
from civic.encounters.pairs import take_out_strangers

Row = Encounter | Outing
_ENCOUNTER = (*codes.AGES, "feeling", *codes.DETAILS, "comment")
_OUTING = ("approached_count", "refused_count", "weather", "crowd", "ambience")


class New(NamedTuple):
    """A record to insert: `content` is what counts of it, the record's own is what was typed."""

    uuid: UUID
    record: Record
    content: Content


class Table(ABC):
    """What a batch asks of either kind."""

    noun: str
    read: Callable[[Any], Record]
    row: type[Encounter] | type[Outing]
    versions: type[EncounterVersion] | type[OutingVersion]
    version_owner: str

    @abstractmethod
    async def load(self, session: AsyncSession, ids: Collection[UUID]) -> Sequence[Row]:
        """Rows as they are now, locked in the order of their UUIDs, so that two batches never wait for each other."""

    @abstractmethod
    def content_of(self, row: Any) -> Content: ...

    @abstractmethod
    def is_voided(self, row: Any) -> bool: ...

    @abstractmethod
    def voiding(self) -> dict[str, Any]:
        """The columns of a row that is taken out of every figure."""

    @abstractmethod
    def columns(self, content: Content) -> dict[str, Any]: ...

    async def insert(self, session: AsyncSession, new: Sequence[New], by_id: UUID) -> None:
        """New rows and their first versions, in a number of statements that does not grow with them."""
        rows = [
            {"id": one.uuid, "version": one.record.number, "author_id": by_id, **self.columns(one.content)}
            for one in new
        ]
        kept = [
            {
                self.version_owner: one.uuid,
                "version": one.record.number,
                "content": one.record.content,
                "by_id": by_id,
            }
            for one in new
        ]
        await session.execute(_into(self.row), rows)
        await session.execute(_into(self.versions), kept)

    async def update(self, session: AsyncSession, uuid: UUID, number: int, content: Content, **more: Any) -> None:
        change = update(self.row).where(self.row.id == uuid).values(version=number, **self.columns(content), **more)
        await session.execute(change.execution_options(synchronize_session=False))

    async def keep(
        self, session: AsyncSession, uuid: UUID, number: int, content: Content, by_id: UUID | None, reason: str = ""
    ) -> None:
        """Keep a version for good; the same number twice breaks the primary key. The reason of an outing's change is in
        the audit log alone.
        """
        values = {self.version_owner: uuid, "version": number, "content": content, "by_id": by_id}
        if hasattr(self.versions, "reason"):
            values["reason"] = reason
        await session.execute(insert(self.versions).values(values))


class Encounters(Table):
    noun = "encounter"
    read = staticmethod(read_encounter)
    row = Encounter
    versions = EncounterVersion
    version_owner = "encounter_id"

    async def load(self, session: AsyncSession, ids: Collection[UUID]) -> Sequence[Encounter]:
        if not ids:
            return []
        chosen = select(Encounter).where(Encounter.id.in_(ids)).order_by(Encounter.id).with_for_update()
        chosen = chosen.options(selectinload(Encounter.topics)).execution_options(populate_existing=True)
        return (await session.scalars(chosen)).all()

    def content_of(self, row: Encounter) -> Content:
        return {
            **_place(row),
            "outing_uuid": str(row.outing_id) if row.outing_id else None,
            **{name: getattr(row, name) for name in _ENCOUNTER},
            "topics": row.topic_codes,
        }

    def is_voided(self, row: Encounter) -> bool:
        return row.status == "voided"

    def voiding(self) -> dict[str, Any]:
        return {"status": "voided"}

    def columns(self, content: Content) -> dict[str, Any]:
        outing_id = UUID(content["outing_uuid"]) if content["outing_uuid"] else None
        return {
            **_place_columns(content),
            **{name: content[name] for name in _ENCOUNTER},
            "outing_id": outing_id,
            "people_count": people(content),
            "held": holds(content["comment"]),
        }

    async def insert(self, session: AsyncSession, new: Sequence[New], by_id: UUID) -> None:
        await super().insert(session, new, by_id)
        await session.execute(_into(EncounterTopic), [row for one in new for row in _topic_rows(one.uuid, one.content)])

    async def update(self, session: AsyncSession, uuid: UUID, number: int, content: Content, **more: Any) -> None:
        """What was read and then changed is to be read again."""
        await super().update(session, uuid, number, content, **{"status": "sent", **more})
        gone = delete(EncounterTopic).where(EncounterTopic.encounter_id == uuid)
        await session.execute(gone.execution_options(synchronize_session=False))
        await session.execute(insert(EncounterTopic), _topic_rows(uuid, content))


class Outings(Table):
    noun = "outing"
    read = staticmethod(read_outing)
    row = Outing
    versions = OutingVersion
    version_owner = "outing_id"

    async def load(self, session: AsyncSession, ids: Collection[UUID]) -> Sequence[Outing]:
        if not ids:
            return []
        chosen = select(Outing).where(Outing.id.in_(ids)).order_by(Outing.id).with_for_update()
        return (await session.scalars(chosen.execution_options(populate_existing=True))).all()

    def content_of(self, row: Outing) -> Content:
        return {**_place(row), **{name: getattr(row, name) for name in _OUTING}}

    def is_voided(self, row: Outing) -> bool:
        return row.voided_at is not None

    def voiding(self) -> dict[str, Any]:
        return {"voided_at": now()}

    def columns(self, content: Content) -> dict[str, Any]:
        return {**_place_columns(content), **{name: content[name] for name in _OUTING}}

    async def insert(self, session: AsyncSession, new: Sequence[New], by_id: UUID) -> None:
        await super().insert(session, new, by_id)
        await session.execute(take_out_strangers([one.uuid for one in new]))


def _into(model: type[Base]) -> Insert:
    """An insert of many rows that goes past the mapper, which has nothing to add to them."""
    return insert(cast(SqlTable, model.__table__))


def _place(row: Row) -> Content:
    return {
        "site_id": row.site_id,
        "date": row.date.isoformat(),
        "half_day": row.half_day,
        "shift_id": str(row.shift_id) if row.shift_id else None,
    }


def _place_columns(content: Content) -> dict[str, Any]:
    return {
        "site_id": content["site_id"],
        "date": date.fromisoformat(content["date"]),
        "half_day": content["half_day"],
        "shift_id": UUID(content["shift_id"]) if content["shift_id"] else None,
    }


def _topic_rows(uuid: UUID, content: Content) -> list[dict[str, Any]]:
    return [{"encounter_id": uuid, "topic_code": code, "rank": rank} for rank, code in enumerate(content["topics"])]


ENCOUNTERS = Encounters()
OUTINGS = Outings()
