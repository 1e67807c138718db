"""Two people correct one encounter: what the first changed, and the second's form with both in it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.begun import Clash
from civic.encounters import codes, history
from civic.encounters.contents import Content
from civic.encounters.detector import holds
from civic.encounters.models import Encounter, EncounterVersion
from civic.encounters.tables import ENCOUNTERS
from civic.forms import Form
from civic.i18n import _

FIELDS = tuple(name for name in history.LABELS if name != "status")


async def settle(
    session: AsyncSession, form: Form, encounter: Encounter, typed: Content, *, with_comment: bool, with_held: bool
) -> tuple[str, list[Clash]]:
    """Who changed it last, and what changed since the version on the screen. The form keeps what was typed, takes the
    other's answers elsewhere, and then corrects the version that is stored now.
    """
    seen, by = form.get("seen"), ""
    before: Content = {}
    chosen = (
        select(EncounterVersion, User.role)
        .join(User, User.id == EncounterVersion.by_id, isouter=True)
        .where(EncounterVersion.encounter_id == encounter.id)
        .order_by(EncounterVersion.version)
    )
    for version, role in await session.execute(chosen):
        before = version.content if str(version.version) == seen else before
        by = _(history.WRITERS[role]) if role else ""
    now = ENCOUNTERS.content_of(encounter)
    with_comment = with_comment and (with_held or not holds(before.get("comment")))
    form.lists["seen"] = [str(encounter.version)]
    changed = [
        name
        for name in FIELDS
        if before and _value(before, name) != _value(now, name) and (with_comment or name != "comment")
    ]
    words = await history.words(session, [before, now, _readable(typed)] if before else [])
    clashes = []
    for name in changed:
        own = _value(typed, name)
        mine = own not in (_value(before, name), _value(now, name))
        if not mine:
            form.lists[name] = _shown(now[name])
        typed_here = _said(name, own, words) if mine else None
        was, is_now = (history.said(name, content.get(name), words) for content in (before, now))
        clashes.append(Clash(_(history.LABELS[name]), was, is_now, typed_here))
    return by, clashes


def _value(content: Content, name: str) -> Any:
    """The order of topics says nothing, and an age that is absent counts 0."""
    value = content.get(name)
    if name == "topics":
        return sorted(value or [])
    return value or 0 if name in codes.AGES else value


def _shown(value: Any) -> list[str]:
    if isinstance(value, list):
        return list(value)
    return [] if value is None else [str(value)]


def _readable(typed: Content) -> Content:
    """Names are looked up by codes; a NUL in one would be refused by PostgreSQL."""
    topics: Collection[str] = typed.get("topics") or []
    return {
        "site_id": str(typed.get("site_id") or "").replace("\x00", ""),
        "topics": [code for code in topics if "\x00" not in code],
    }


def _said(name: str, value: Any, words: dict[str, str]) -> str:
    """What was typed in words; as it stands when it is no answer at all."""
    try:
        return history.said(name, value, words)
    except (KeyError, ValueError):
        return str(value)
