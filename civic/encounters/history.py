"""The kept versions of an encounter or an outing in words: who changed what, from what to what."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.audit.models import AuditEvent
from civic.encounters import codes
from civic.encounters.choices import QUESTIONS
from civic.encounters.contents import Content
from civic.encounters.detector import holds
from civic.encounters.models import EncounterVersion, Outing, OutingVersion, Topic
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
OUTING_LABELS = {
    "site_id": LABELS["site_id"],
    "date": LABELS["date"],
    "half_day": LABELS["half_day"],
    "approached_count": N_("Personnes abordées"),
    "refused_count": N_("Dont refus"),
    "weather": N_("Temps qu’il faisait"),
    "crowd": N_("Monde sur place"),
    "ambience": N_("Ambiance"),
    "status": LABELS["status"],
}
_OPTIONS = {
    "half_day": codes.HALF_DAYS,
    "weather": codes.WEATHERS,
    "crowd": codes.CROWDS,
    "ambience": codes.AMBIENCES,
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
    return _steps([(version, role, version.reason) for version, role in rows], shown, LABELS, names)


async def of_outing(session: AsyncSession, outing_id: UUID) -> list[Step]:
    """Latest first; the reasons are in the audit log."""
    chosen = (
        select(OutingVersion, User.role)
        .join(User, User.id == OutingVersion.by_id, isouter=True)
        .where(OutingVersion.outing_id == outing_id)
        .order_by(OutingVersion.version)
    )
    rows = (await session.execute(chosen)).all()
    of_it = (AuditEvent.subject_kind == Outing.__tablename__, AuditEvent.subject_id == str(outing_id))
    told = (await session.scalars(select(AuditEvent.detail).where(*of_it))).all()
    reasons = {detail.get("version"): detail.get("reason", "") for detail in told}
    names = await words(session, [version.content for version, _role in rows])
    kept = [(version, role, reasons.get(version.version, "")) for version, role in rows]
    return _steps(kept, list(OUTING_LABELS), OUTING_LABELS, names)


def _steps(
    rows: Iterable[tuple[EncounterVersion | OutingVersion, str | None, str]],
    shown: Collection[str],
    labels: Mapping[str, str],
    names: dict[str, str],
) -> list[Step]:
    steps: list[Step] = []
    before: Content = {}
    for version, role, reason in rows:
        changes = [
            Change(_(labels[name]), said(name, before.get(name), names), said(name, version.content.get(name), names))
            for name in shown
            if before and before.get(name) != version.content.get(name)
        ]
        by = _(WRITERS[role]) if role else _("Compte effacé")
        voided = version.content.get("status") == "voided"
        steps.append(Step(version.version, version.at, by, reason, changes, voided))
        before = version.content
    return steps[::-1]


async def words(session: AsyncSession, contents: Collection[Content]) -> dict[str, str]:
    """The names of the sites and topics that the versions mention."""
    sites = {content["site_id"] for content in contents}
    topics = {code for content in contents for code in content.get("topics", ())}
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
