"""What somebody wants to be told by mail, and the link with which they stop a family of mails without signing in.

Six families can be stopped: reminders of one's shifts, the digest, calls for a stand-in, word of new shifts, alerts
about pairs, general announcements. What concerns a seat that one holds, a safety notice, a minor left alone and a
last-minute absence are told to everybody they concern.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.i18n import N_
from civic.outbox.actions import enqueue
from civic.outbox.models import DIGESTS, REMINDERS, MailPreferences, OutboxMail
from civic.settings import settings

FAMILIES = {
    "reminders": N_("Rappels de vos créneaux"),
    "digest": N_("Résumé du jour ou de la semaine"),
    "stand_in": N_("Appels à remplacement"),
    "openings": N_("Nouveaux créneaux ouverts"),
    "alerts": N_("Alertes sur les binômes incomplets"),
    "news": N_("Annonces d’information"),
}
# Those that are on or off, and nothing between.
SWITCHES = ("stand_in", "openings", "alerts", "news")
# Hours before a shift that somebody may choose among.
LEAD_TIMES = (2, 12, 24, 48)
PAGE = "/profil/messages"
STOP = "/messages/arret"


@dataclass(frozen=True, slots=True)
class Wishes:
    """The choices of one person; these are the defaults."""

    reminders: tuple[int, ...] = REMINDERS
    digest: str = "none"
    muted: frozenset[str] = frozenset()

    def wants(self, family: str) -> bool:
        match family:
            case "reminders":
                return bool(self.reminders)
            case "digest":
                return self.digest != "none"
            case _:
                return family not in self.muted


async def wishes_of(session: AsyncSession, user_ids: Iterable[UUID]) -> dict[UUID, Wishes]:
    """Everybody's choices, in one query; who never chose has the defaults."""
    asked = list(user_ids)
    rows = await session.scalars(select(MailPreferences).where(MailPreferences.user_id.in_(asked)))
    chosen = {row.user_id: _as_wishes(row) for row in rows}
    return {one: chosen.get(one, Wishes()) for one in asked}


def _as_wishes(row: MailPreferences) -> Wishes:
    leads = tuple(sorted(int(one) for one in row.reminders if one in LEAD_TIMES))
    return Wishes(leads, row.digest, frozenset(str(one) for one in row.muted))


async def choose(
    session: AsyncSession, user_id: UUID, *, reminders: Collection[int], digest: str, muted: Collection[str]
) -> None:
    """Keep somebody's choices."""
    assert digest in DIGESTS
    row = await _row(session, user_id)
    leads, quiet = sorted(set(reminders) & set(LEAD_TIMES)), sorted(set(muted) & FAMILIES.keys())
    if (row.reminders, row.digest, row.muted) != (leads, digest, quiet):
        row.reminders, row.digest, row.muted = leads, digest, quiet
        row.updated_at = clock.now()


async def stop(session: AsyncSession, user_id: UUID, family: str) -> None:
    """End one family of mails for somebody; again changes nothing."""
    row = await _row(session, user_id)
    wishes = _as_wishes(row)
    await choose(
        session,
        user_id,
        reminders=() if family == "reminders" else wishes.reminders,
        digest="none" if family == "digest" else wishes.digest,
        muted=wishes.muted | ({family} if family in SWITCHES else set()),
    )


async def _row(session: AsyncSession, user_id: UUID) -> MailPreferences:
    found = await session.get(MailPreferences, user_id, with_for_update=True)
    if found is not None:
        return found
    made = MailPreferences(user_id=user_id, reminders=list(REMINDERS), digest="none", muted=[])
    try:
        async with session.begin_nested():
            session.add(made)
            await session.flush()
    except IntegrityError:
        # The same link opened twice at once.
        return await session.get_one(MailPreferences, user_id, with_for_update=True)
    return made


def stop_link(user_id: UUID, family: str) -> str:
    """The address that ends a family of mails for one person; it serves as often as it is opened."""
    return f"{settings().base_url}{STOP}?jeton={_signer().dumps([user_id.hex, family])}"


def stop_headers(user_id: UUID, family: str) -> dict[str, str]:
    """The same address for the mail program's own button (RFC 8058)."""
    link = stop_link(user_id, family)
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def read_stop(token: str) -> tuple[UUID, str] | None:
    """Whose mails of which family a link ends; None for one that we did not sign."""
    try:
        user, family = _signer().loads(token)
        return (UUID(user), family) if family in FAMILIES else None
    except (BadSignature, ValueError, TypeError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="mail-family")


async def tell(
    session: AsyncSession,
    *,
    user_id: UUID,
    to: str,
    family: str,
    kind: str,
    template: str,
    context: dict[str, Any],
    dedupe: str,
) -> None:
    """Enqueue a mail of a family that can be stopped: its foot and its headers say how (RFC 8058)."""
    headers = stop_headers(user_id, family)
    values = {**context, "stop_link": stop_link(user_id, family)}
    await enqueue(session, to=to, kind=kind, template=template, context=values, dedupe=dedupe, headers=headers)


async def told(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Which facts, by the `dedupe` of their mail, have been told already."""
    asked, found = list(keys), set[str]()
    for first in range(0, len(asked), 500):
        chosen = select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(asked[first : first + 500]))
        found.update(one for one in await session.scalars(chosen) if one)
    return found
