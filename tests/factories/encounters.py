"""Encounters and outings: what a phone sends, and rows that are already there."""

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.encounters import actions, reference
from civic.encounters.models import Encounter, EncounterTopic, EncounterVersion, Outing, OutingVersion
from civic.encounters.tables import ENCOUNTERS, OUTINGS
from civic.shifts.models import Shift
from civic.sites.models import Site
from civic.volunteers.models import Volunteer


async def make_topics(session: AsyncSession) -> None:
    """Every topic of the form."""
    await reference.load(session)


def encounter_record(site: Site | str, shift: Shift | None = None, **fields: Any) -> dict[str, Any]:
    """One item of POST /encounters; a field given as None leaves it."""
    values: dict[str, Any] = {
        "client_uuid": str(uuid4()),
        "site_id": site if isinstance(site, str) else site.id,
        "date": (clock.local(shift.starts_at).date() if shift else clock.today()).isoformat(),
        "half_day": "apres_midi",
        "age_25_59": 2,
        "topics": ["parks"],
        "feeling": "positif",
        "version": 1,
        "shift_id": str(shift.id) if shift else None,
        **fields,
    }
    return {name: value for name, value in values.items() if value is not None}


def outing_record(site: Site | str, shift: Shift | None = None, **fields: Any) -> dict[str, Any]:
    """One item of POST /outings."""
    values: dict[str, Any] = {
        "client_uuid": str(uuid4()),
        "site_id": site if isinstance(site, str) else site.id,
        "date": (clock.local(shift.starts_at).date() if shift else clock.today()).isoformat(),
        "half_day": "apres_midi",
        "version": 1,
        "approached_count": 10,
        "refused_count": 3,
        "shift_id": str(shift.id) if shift else None,
        **fields,
    }
    return {name: value for name, value in values.items() if value is not None}


async def make_encounter(
    session: AsyncSession,
    site: Site,
    author: User | Volunteer | None = None,
    day: date | None = None,
    shift: Shift | None = None,
    topics: tuple[str, ...] = ("parks",),
    **fields: Any,
) -> Encounter:
    """A row with its first version, of any day. Counts, codes and `status` are given by their names."""
    await make_topics(session)
    ages = {name: count for name, count in fields.items() if name.startswith("age_")} or {"age_25_59": 2}
    values: dict[str, Any] = {"half_day": "apres_midi", "feeling": "positif", "version": 1, **fields, **ages}
    user = author.user if isinstance(author, Volunteer) else author
    encounter = Encounter(
        id=values.pop("id", None) or uuid4(),
        site_id=site.id,
        date=day or (clock.local(shift.starts_at).date() if shift else clock.today()),
        shift_id=shift.id if shift else None,
        author_id=user.id if user else None,
        people_count=sum(ages.values()),
        topics=[EncounterTopic(topic_code=code, rank=rank) for rank, code in enumerate(topics)],
        **values,
    )
    session.add(encounter)
    await session.flush()
    content = ENCOUNTERS.content_of(encounter)
    session.add(
        EncounterVersion(
            encounter_id=encounter.id, version=encounter.version, content=content, by_id=encounter.author_id
        )
    )
    await session.flush()
    return encounter


async def make_outing(
    session: AsyncSession,
    site: Site,
    author: User | Volunteer | None = None,
    day: date | None = None,
    shift: Shift | None = None,
    **fields: Any,
) -> Outing:
    """A row with its first version, of any day."""
    values: dict[str, Any] = {"half_day": "apres_midi", "version": 1, **fields}
    user = author.user if isinstance(author, Volunteer) else author
    outing = Outing(
        id=values.pop("id", None) or uuid4(),
        site_id=site.id,
        date=day or (clock.local(shift.starts_at).date() if shift else clock.today()),
        shift_id=shift.id if shift else None,
        author_id=user.id if user else None,
        **values,
    )
    session.add(outing)
    await session.flush()
    content = OUTINGS.content_of(outing)
    session.add(OutingVersion(outing_id=outing.id, version=outing.version, content=content, by_id=outing.author_id))
    await session.flush()
    return outing


async def log_one(session: AsyncSession, user: User | Volunteer, record: dict[str, Any]) -> str:
    """Send one record and return its outcome."""
    by = user.user if isinstance(user, Volunteer) else user
    [result] = await actions.log_batch(session, by=by, records=[record])
    return result.outcome
