"""The encounters as CSV wants them, with the least work of ours for each row: on long files nothing else counts.

PostgreSQL writes the lines itself (COPY); SQLite's rows go to the csv module almost as they are read. Both give the
very bytes that the table's own `select` and `row` would.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, case, func, literal, select, true, type_coerce
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from civic.encounters.codes import AGES
from civic.encounters.models import Encounter, EncounterTopic, Topic
from civic.missions.models import Mission
from civic.reports.csv_text import FORMULA, guarded
from civic.reports.filters import Filters
from civic.reports.tables import dashed, encounters, in_order
from civic.sites.models import PILLARS, Commune, Site

# Pieces of the file that may wait for a slow reader.
AHEAD = 4
# Of the columns of `encounters`, from the number of people to the last age.
COUNTS = 1 + len(AGES)
# Behind the identifier and the date.
_TOPICS_AT = 6 + COUNTS
_QUOTED_OR_END = re.compile(rb'"[^"]*"|\n')


def sqlite_select(filters: Filters) -> Select[Any]:
    """The same rows in the same order, the date as the text that SQLite holds."""
    query = encounters(filters)
    id, day, *rest = query.selected_columns
    return query.with_only_columns(id, type_coerce(day, String), *rest)


def sqlite_rows(read: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    for held, day, half_day, site, name, commune, area, mission, *counts in read:
        ages, (pieces, *rest) = counts[:COUNTS], counts[COUNTS:]
        place = guarded(site), guarded(name), guarded(commune), area, guarded(mission)
        yield (dashed(held), day, half_day, *place, *ages, *_names(pieces), *rest)


def sqlite_cells(read: Sequence[Any]) -> tuple[Any, ...]:
    """The same row as `tables` gives, its date a date: there are few, and SQLAlchemy would make one for every row."""
    held, day, *rest = read
    topics, pillars = in_order(rest[_TOPICS_AT])
    return (dashed(held), _day(day), *rest[:_TOPICS_AT], topics, pillars, *rest[_TOPICS_AT + 1 :])


@lru_cache(maxsize=4_096)
def _day(text: str) -> date:
    return date.fromisoformat(text)


@lru_cache(maxsize=16_384)
def _names(pieces: str | None) -> tuple[str | None, str]:
    topics, pillars = in_order(pieces)
    return guarded(topics), pillars


def postgres_select(filters: Filters) -> Select[Any]:
    """The same rows in the same order, each cell as it stands in the file."""
    named = (
        select(
            func.string_agg(
                EncounterTopic.topic_code,
                aggregate_order_by(literal("|"), EncounterTopic.rank, EncounterTopic.topic_code.collate("C")),
            ).label("topics"),
            func.concat_ws("|", *(case((func.bool_or(Topic.pillar == one), one)) for one in PILLARS)).label("pillars"),
        )
        .join(Topic, Topic.code == EncounterTopic.topic_code)
        .where(EncounterTopic.encounter_id == Encounter.id)
        .lateral("named")
    )
    query = encounters(filters)
    _id, day, half_day, _site, _name, _commune, area, _mission, *counts = query.selected_columns
    ages, rest = counts[:COUNTS], counts[COUNTS + 1 :]
    place = _safe(Encounter.site_id), _safe(Site.name), _safe(Commune.name), area, _safe(Mission.title)
    names = _safe(named.c.topics), func.nullif(named.c.pillars, "")
    shown = (Encounter.id, func.to_char(day, "YYYY-MM-DD"), half_day, *place, *ages, *names, *rest)
    return query.with_only_columns(*shown).join(named, true())


def _safe(text: Any) -> ColumnElement[Any]:
    """What `guarded` does; nothing rather than an empty text, which COPY would quote."""
    formula = func.left(text, 1).in_(sorted(FORMULA))
    return func.nullif(case((formula, "'" + text), else_=text), "")


async def copied(session: AsyncSession, query: Select[Any], separator: str) -> AsyncGenerator[bytes, None]:
    """What PostgreSQL writes of a query, whole lines at a time; close the generator to end the reading early."""
    connection = await session.connection()
    sql = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    driver = (await connection.get_raw_connection()).driver_connection
    parts: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(AHEAD)
    copying = asyncio.create_task(_copy(driver, sql, separator, parts))
    held = b""
    try:
        while (part := await parts.get()) is not None:
            if isinstance(part, Exception):
                raise part
            held += part
            if held.endswith(b"\n") and not held.count(b'"') % 2:
                yield _as_csv_says(held)
                held = b""
    finally:
        copying.cancel()
        with suppress(asyncio.CancelledError):
            await copying


async def _copy(driver: Any, sql: str, separator: str, parts: asyncio.Queue[bytes | Exception | None]) -> None:
    try:
        await driver.copy_from_query(sql, output=parts.put, format="csv", delimiter=separator, encoding="UTF8")
    except Exception as error:
        await parts.put(error)
    else:
        await parts.put(None)


def _as_csv_says(lines: bytes) -> bytes:
    """Lines that end with CRLF; within quotes, a line's end belongs to the text."""
    if b'"' not in lines:
        return lines.replace(b"\n", b"\r\n")
    return _QUOTED_OR_END.sub(lambda found: b"\r\n" if found[0] == b"\n" else found[0], lines)
