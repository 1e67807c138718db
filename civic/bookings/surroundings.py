"""What a list of shifts is judged with beside its rows: closures, the missions’ demands, dated limits. One query."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Numeric, Select, String, Text, Uuid, bindparam, cast, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from civic.bookings.values import Closure, Times
from civic.columns import among
from civic.contracts.limits import Limits, Setting, limits_on
from civic.contracts.models import RuleSetting
from civic.db import plain_rows
from civic.missions.models import MissionTag, MissionTraining
from civic.sites.models import SiteClosure


@dataclass(slots=True)
class Surroundings:
    """By site and by mission; `settings` are all the dated limits."""

    closures: defaultdict[str, tuple[Closure, ...]] = field(default_factory=lambda: defaultdict(tuple))
    tags: defaultdict[UUID, frozenset[str]] = field(default_factory=lambda: defaultdict(frozenset))
    trainings: defaultdict[UUID, frozenset[str]] = field(default_factory=lambda: defaultdict(frozenset))
    settings: list[Setting] = field(default_factory=list)
    _limits: dict[date, Limits] = field(default_factory=dict)

    def limits_on(self, day: date) -> Limits:
        if day not in self._limits:
            self._limits[day] = limits_on(self.settings, day)
        return self._limits[day]


async def surroundings(session: AsyncSession, shifts: Iterable[tuple[Times, UUID, str]]) -> Surroundings:
    """Everything around some shifts (their times, mission and site), however many, in one query."""
    times, missions, sites = map(set, zip(*shifts, strict=True))
    found = Surroundings()
    asked = {
        "first": min(one.day for one in times),
        "last": max(one.last_day for one in times),
        "sites": list(sites),
        "missions": list(missions),
    }
    for kind, mission_id, code, text, first, last, value in await plain_rows(session, _AROUND, asked):
        match kind:
            case "closure":
                found.closures[code] += (Closure(code, first, last, text),)
            case "tag":
                found.tags[mission_id] |= {code}
            case "training":
                found.trainings[mission_id] |= {code}
            case _:
                found.settings.append(Setting(code, None if value is None else float(value), first))
    return found


async def closures_between(
    session: AsyncSession, first: date, last: date, site_ids: Collection[str] | None = None
) -> dict[str, list[Closure]]:
    """Closures that touch the days, by site."""
    chosen = select(SiteClosure).where(SiteClosure.starts_on <= last, SiteClosure.ends_on >= first)
    if site_ids is not None:
        chosen = chosen.where(SiteClosure.site_id.in_(site_ids))
    found: dict[str, list[Closure]] = defaultdict(list)
    for row in await session.scalars(chosen.order_by(SiteClosure.starts_on)):
        found[row.site_id].append(Closure(row.site_id, row.starts_on, row.ends_on, row.reason))
    return found


def _closures() -> Select[Any]:
    return select(
        literal("closure", Text).label("kind"),
        cast(null(), Uuid).label("mission_id"),
        cast(SiteClosure.site_id, Text).label("code"),
        SiteClosure.reason.label("text"),
        SiteClosure.starts_on.label("first_day"),
        SiteClosure.ends_on.label("last_day"),
        cast(null(), Numeric(8, 2)).label("value"),
    ).where(
        SiteClosure.starts_on <= bindparam("last"),
        SiteClosure.ends_on >= bindparam("first"),
        SiteClosure.site_id.in_(among("sites")),
    )


def _demands(kind: str, mission_id: InstrumentedAttribute[UUID], code: InstrumentedAttribute[str]) -> Select[Any]:
    return select(
        literal(kind, Text),
        mission_id,
        cast(code, Text),
        literal("", Text),
        cast(null(), Date),
        cast(null(), Date),
        cast(null(), Numeric(8, 2)),
    ).where(mission_id.in_(among("missions")))


def _settings() -> Select[Any]:
    return select(
        literal("setting", Text),
        cast(null(), Uuid),
        cast(RuleSetting.parameter, String),
        literal("", Text),
        RuleSetting.valid_from,
        cast(null(), Date),
        RuleSetting.value,
    )


# Built once: building it costs more than running it.
_AROUND = union_all(
    _closures(),
    _demands("tag", MissionTag.mission_id, MissionTag.tag),
    _demands("training", MissionTraining.mission_id, MissionTraining.kind),
    _settings(),
).order_by("first_day")
