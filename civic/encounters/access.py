"""Which encounter a request is about, for whoever may see it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from civic import clock
from civic.accounts.current import require
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import outing_queries
from civic.encounters.models import Encounter, Outing
from civic.encounters.queries import visible_to
from civic.encounters.rules import check_change
from civic.errors import CivicError, Forbidden, NotFound
from civic.i18n import _

# Accounts and topics are an admin's business, what residents said is not.
Reader = Annotated[User, Depends(require("volunteer", "coordinator", "manager"))]


async def visible_encounter(client_uuid: UUID, user: Reader, session: Session) -> Encounter:
    """With its site and topics. A volunteer learns nothing of others' (404); out of a coordinator's scope is 403."""
    chosen = visible_to(user).where(Encounter.id == client_uuid)
    options = (selectinload(Encounter.topics), joinedload(Encounter.site), joinedload(Encounter.shift))
    found = (await session.scalars(chosen.options(*options))).first()
    if found is not None:
        return found
    exists = await session.scalar(select(Encounter.id).where(Encounter.id == client_uuid))
    if exists and user.role != "volunteer":
        raise Forbidden(_("Cette rencontre est hors de votre périmètre."))
    raise NotFound


async def visible_outing(outing_id: UUID, user: Reader, session: Session) -> Outing:
    """With its site and shift; the same answers as for an encounter."""
    chosen = outing_queries.visible_to(user).where(Outing.id == outing_id)
    found = (await session.scalars(chosen.options(joinedload(Outing.site), joinedload(Outing.shift)))).first()
    if found is not None:
        return found
    if user.role != "volunteer" and await session.scalar(select(Outing.id).where(Outing.id == outing_id)):
        raise Forbidden(_("Cette sortie est hors de votre périmètre."))
    raise NotFound


def refused(user: User, *, voided: bool, day: date) -> CivicError | None:
    """What `check_change` would answer; whoever sees a row is of its pair or in scope, and the reason comes later."""
    try:
        check_change(role=user.role, mine=True, in_scope=True, voided=voided, day=day, today=clock.today(), reason="-")
    except CivicError as error:
        return error
    return None


def reads_comment(user: User, encounter: Encounter) -> bool:
    """A manager reads none; one that is held is read by who wrote it and by who reviews it."""
    return user.role == "coordinator" or (
        user.role == "volunteer" and (not encounter.held or encounter.author_id == user.id)
    )


def reads_held(user: User, encounter: Encounter) -> bool:
    """Whether somebody may also read what was once held, in the kept versions."""
    return user.role == "coordinator" or encounter.author_id == user.id


def may_validate(user: User, encounter: Encounter) -> bool:
    """A coordinator reads and validates; a manager validates what holds no comment that they may not read."""
    return encounter.status == "sent" and (
        user.role == "coordinator" or (user.role == "manager" and not encounter.held)
    )


VisibleEncounter = Annotated[Encounter, Depends(visible_encounter)]
VisibleOuting = Annotated[Outing, Depends(visible_outing)]
