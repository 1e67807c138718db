"""Which encounter a request is about, for whoever may see it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from civic.accounts.current import require
from civic.accounts.models import User
from civic.db import Session
from civic.encounters.models import Encounter
from civic.encounters.queries import visible_to
from civic.errors import Forbidden, NotFound
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
