"""The kept versions of an encounter in words: who changed what, from what to what."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.encounters import codes
from civic.encounters.choices import QUESTIONS
from civic.encounters.contents import Content
from civic.encounters.detector import holds
from civic.encounters.models import EncounterVersion, Topic
from civic.formats import day_long
from civic.i18n import N_, _
from civic.sites.models import Site

LABELS = {
    "site_id": N_("Lieu"),
    "date": N_("Date"),
    "half_day": N_("Demi-journée"),
    **codes.AGES,
    "topics": N_("Thèmes"),
    "feeling": N_("Ressenti"),
    **QUESTIONS,
    "comment": N_("Commentaire"),
    "status": N_("État"),
}
_OPTIONS = {
    "half_day": codes.HALF_DAYS,
    "feeling": codes.FEELINGS,
    "status": codes.STATUSES,
    **codes.DETAILS,
}
WRITERS = {
    "volunteer": N_("Le binôme"),
    "coordinator": N_("La coordination"),
    "manager": N_("La direction"),
    "admin": N_("L’administration"),
}


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One version. `by` is a role, never a name; `changes` is empty for the first one."""

    number: int
    at: datetime
    by: str
    reason: str
    changes: list[Change]
    voided: bool


async def of_encounter(
    session: AsyncSession, encounter_id: UUID, *, with_comment: bool, with_held: bool = True
) -> list[Step]:
    """Latest first. Without `with_held`, comments stay out as soon as one of them could point to somebody."""
    chosen = (
        select(EncounterVersion, User.role)
        .join(User, User.id == EncounterVersion.by_id, isouter=True)
        .where(EncounterVersion.encounter_id == encounter_id)
        .order_by(EncounterVersion.version)
    )
    rows = (await session.execute(chosen)).all()
    names = await words(session, [version.content for version, _role in rows])
    if not with_held and any(holds(version.content.get("comment")) for version, _role in rows):
        with_comment = False
    shown = [name for name in LABELS if with_comment or name != "comment"]
    steps: list[Step] = []
    before: Content = {}
    for version, role in rows:
        changes = [
            Change(_(LABELS[name]), said(name, before.get(name), names), said(name, version.content.get(name), names))
            for name in shown
            if before and before.get(name) != version.content.get(name)
        ]
        by = _(WRITERS[role]) if role else _("Compte effacé")
        voided = version.content.get("status") == "voided"
        steps.append(Step(version.version, version.at, by, version.reason, changes, voided))
        before = version.content
    return steps[::-1]


async def words(session: AsyncSession, contents: Collection[Content]) -> dict[str, str]:
    """The names of the sites and topics that the versions mention."""
    sites = {content["site_id"] for content in contents}
    topics = {code for content in contents for code in content["topics"]}
    found = await session.execute(select(Site.id, Site.name).where(Site.id.in_(sites)))
    names = {row.id: row.name for row in found}
    found_topics = await session.execute(select(Topic.code, Topic.label).where(Topic.code.in_(topics)))
    return names | {f"topic {row.code}": _(row.label) for row in found_topics}


def said(name: str, value: Any, names: dict[str, str]) -> str:
    if name == "status":
        return _(codes.STATUSES[value or "sent"])
    if value is None:
        return _("non renseigné")
    if name == "topics":
        return ", ".join(names.get(f"topic {code}", code) for code in value)
    if name == "date":
        return day_long(date.fromisoformat(value))
    if name == "site_id":
        return names.get(str(value), str(value))
    return _(_OPTIONS[name][value]) if name in _OPTIONS else str(value)
