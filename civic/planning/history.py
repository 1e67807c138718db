"""What happened to a shift and to its places, as sentences, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from civic.audit.sentences import sentence
from civic.contracts.rulebook import WORDS
from civic.formats import duration, of_name
from civic.i18n import N_, _
from civic.planning import queries

# By whom the place changed: its holder, or somebody else.
OWN = {
    "confirmed": N_("Place prise par %(holder)s"),
    "waitlisted": N_("Liste d’attente : %(holder)s"),
    "withdrawn": N_("Désistement %(of_holder)s"),
    "cannot_come": N_("%(holder)s ne peut pas venir"),
}
OTHERS = {
    "confirmed": N_("Place confirmée pour %(holder)s"),
    "waitlisted": N_("Liste d’attente : %(holder)s"),
    "offered": N_("Place proposée à %(holder)s"),
    "removed": N_("Place retirée à %(holder)s"),
    "cancelled": N_("Fin de la place %(of_holder)s"),
    "declined": N_("Place refusée par %(holder)s"),
    "expired": N_("Offre expirée pour %(holder)s"),
    "walk_in": N_("Venue sans place : %(holder)s"),
}
NOTED = {"present": N_("présence"), "absent": N_("absence"), "excused": N_("absence excusée")}
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
    """At most forty steps, in three queries."""
    steps = [_of_shift(row) for row in await queries.shift_events(session, shift_id)]
    steps += [_of_seat(row) for row in await queries.seat_events(session, shift_id)]
    steps += _of_attendance(await queries.attendance_events(session, shift_id))
    return sorted(steps, key=lambda step: step.at, reverse=True)[: queries.HISTORY_SHOWN]


def _of_shift(row: Row[Any]) -> Step:
    return Step(row.at, sentence(row.verb, row.detail), row.author or "", "")


def _of_seat(row: Row[Any]) -> Step:
    own = row.author_id == row.holder_id
    known = (OWN if own else OTHERS).get(row.state) or OTHERS.get(row.state)
    text = _(known) % {"holder": row.holder, "of_holder": of_name(row.holder)} if known else row.state
    return Step(row.at, text, "" if own else row.author or "", _reason(row.reason))


def _reason(text: str) -> str:
    """A rule is kept by its code; whatever else was written stays as it was."""
    if text in EDITED:
        return _(EDITED[text])
    return _(WORDS[text].title) if text in WORDS else text


def _of_attendance(rows: Iterable[Row[Any]]) -> list[Step]:
    """Each noting, a correction with what stood before it."""
    found, before = [], dict[UUID, str]()
    for row in rows:
        what = _noted(row)
        if row.booking_id in before:
            text = _("Venue %(of_holder)s corrigée : %(before)s → %(after)s")
        elif row.source == "check_in":
            text = _("Arrivée %(of_holder)s notée avec le code")
        else:
            text = _("Venue %(of_holder)s notée : %(after)s")
        shown = {"of_holder": of_name(row.holder), "before": before.get(row.booking_id, ""), "after": what}
        author = "" if row.source == "check_in" else row.author or ""
        found.append(Step(row.at, text % shown, author, row.reason))
        before[row.booking_id] = what
    return found


def _noted(row: Row[Any]) -> str:
    word = _(NOTED[row.state])
    return f"{word} {duration(float(row.hours))}" if row.state == "present" else word
