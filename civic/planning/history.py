"""What happened to a shift and to its places, as sentences, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from civic.audit.sentences import sentence
from civic.i18n import N_, _
from civic.planning import queries

# By whom the place changed: its holder, or somebody else.
OWN = {
    "confirmed": N_("Place prise par %(holder)s"),
    "waitlisted": N_("Liste d’attente : %(holder)s"),
    "withdrawn": N_("Désistement de %(holder)s"),
}
OTHERS = {
    "confirmed": N_("Place confirmée pour %(holder)s"),
    "waitlisted": N_("Liste d’attente : %(holder)s"),
    "offered": N_("Place proposée à %(holder)s"),
    "removed": N_("Place retirée à %(holder)s"),
    "cancelled": N_("Fin de la place de %(holder)s"),
    "declined": N_("Place refusée par %(holder)s"),
    "expired": N_("Offre expirée pour %(holder)s"),
}
# An edit of the shift keeps the rule that it broke, by its code.
EDITED = {
    "capacity": N_("moins de places"),
    "site_closed": N_("lieu fermé"),
    "overlap": N_("deux créneaux en même temps"),
    "contract_ready": N_("contrat"),
    "medical": N_("aptitude médicale"),
    "parental_auth": N_("autorisation parentale"),
    "tutor_assigned": N_("tutorat"),
    "tutor_minor": N_("tutorat renforcé"),
    "mission_age": N_("âge de la mission"),
    "training_missing": N_("formation"),
}


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    text: str
    author: str
    reason: str


async def history_of(session: AsyncSession, shift_id: UUID) -> list[Step]:
    """At most forty steps, in two queries."""
    steps = [_of_shift(row) for row in await queries.shift_events(session, shift_id)]
    steps += [_of_seat(row) for row in await queries.seat_events(session, shift_id)]
    return sorted(steps, key=lambda step: step.at, reverse=True)[: queries.HISTORY_SHOWN]


def _of_shift(row: Row[Any]) -> Step:
    return Step(row.at, sentence(row.verb, row.detail), row.author or "", "")


def _of_seat(row: Row[Any]) -> Step:
    own = row.author_id == row.holder_id
    known = (OWN if own else OTHERS).get(row.state) or OTHERS.get(row.state)
    text = _(known) % {"holder": row.holder} if known else row.state
    reason = _(EDITED[row.reason]) if row.reason in EDITED else row.reason
    return Step(row.at, text, "" if own else row.author or "", reason)
