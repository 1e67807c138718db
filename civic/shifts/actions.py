"""The verbs that change a shift alone: create and publish. What touches bookings too lives in bookings."""

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.clock import now
from civic.errors import Forbidden, Invalid, NotFound, Refusal
from civic.i18n import _
from civic.missions.models import Mission, MissionSite
from civic.shifts import rules
from civic.shifts.models import IdempotencyKey, Shift
from civic.shifts.values import ShiftValues
from civic.sites.models import Site


async def create(
    session: AsyncSession, *, by: User, values: ShiftValues, publish: bool, key: str | None = None
) -> Shift:
    """Plan a shift at one of its mission's sites. The same `key` with the same values gives the first one again.

    Raises Invalid (fields), Forbidden (site out of scope), Answer 422 (key used for other values).
    """
    digest = _digest(values, publish)
    if key:
        made = await _made_before(session, by, key, digest)
        if made:
            return made
    await hold_place(session, values.mission_id, values.site_id)
    await check_place(session, by=by, values=values)
    found = rules.problems_of(values) | rules.too_old(values.starts_at, now())
    if found:
        raise Invalid(found)
    shift = Shift(
        mission_id=values.mission_id,
        site_id=values.site_id,
        starts_at=values.starts_at,
        ends_at=values.ends_at,
        break_minutes=values.break_minutes,
        capacity=values.capacity,
        min_staff=values.min_staff,
        state="published" if publish else "draft",
        published_at=now() if publish else None,
        created_by_id=by.id,
    )
    session.add(shift)
    await session.flush()
    if key:
        session.add(IdempotencyKey(user_id=by.id, key=key, digest=digest, shift_id=shift.id))
    audit.record(session, by=by, verb="shift.created", subject=shift, detail={"state": shift.state})
    return shift


def check_times(values: ShiftValues) -> None:
    """Raises Invalid when the values do not make a shift."""
    found = rules.problems_of(values)
    if found:
        raise Invalid(found)


def _gone(mission_id: bool, site_id: bool) -> dict[str, str]:
    found = {"mission_id": _("Cette mission n’existe pas. Choisissez dans la liste.")} if mission_id else {}
    return found | ({"site_id": _("Ce lieu n’existe pas. Choisissez dans la liste.")} if site_id else {})


async def hold_place(session: AsyncSession, mission_id: UUID, site_id: str) -> None:
    """Keep a mission and a site in use until the commit: who archives one waits, and then finds what was planned.

    Raises Invalid when one has been archived, whatever this session had read of it.
    """
    both = select(Mission.archived_at, Site.archived_at).join_from(Mission, Site, Site.id == site_id)
    chosen = both.where(Mission.id == mission_id)
    row = (await session.execute(chosen.with_for_update(read=True, key_share=True))).one_or_none()
    if row is not None and any(row):
        raise Invalid(_gone(row[0] is not None, row[1] is not None))


async def check_place(session: AsyncSession, *, by: User, values: ShiftValues) -> None:
    """The mission exists, holds the site on that day, and the site is in the coordinator's scope."""
    mission = await check_pair(session, by=by, mission_id=values.mission_id, site_id=values.site_id)
    outside = rules.outside_period(values.starts_at, mission.starts_on, mission.ends_on)
    if outside:
        raise Invalid({"starts_at": outside})


async def check_pair(session: AsyncSession, *, by: User, mission_id: UUID, site_id: str) -> Mission:
    """The mission, once it and the site are in use and go together. Raises Invalid, and Forbidden out of scope."""
    site = await session.get(Site, site_id)
    mission = await session.get(Mission, mission_id)
    errors = _gone(mission is None or mission.archived_at is not None, site is None or site.archived_at is not None)
    if not errors and await session.get(MissionSite, (mission_id, site_id)) is None:
        errors["site_id"] = _("Ce lieu n’est pas dans la mission. Choisissez un de ses lieux.")
    if site is not None and not by.covers(site.intermunicipality_code):
        raise Forbidden(_("Ce lieu est hors de votre périmètre."))
    if errors or mission is None:
        raise Invalid(errors)
    return mission


def _digest(values: ShiftValues, publish: bool) -> str:
    content: dict[str, Any] = {name: str(getattr(values, name)) for name in values.__slots__}
    return hashlib.sha256(json.dumps({**content, "publish": publish}, sort_keys=True).encode()).hexdigest()


async def _made_before(session: AsyncSession, by: User, key: str, digest: str) -> Shift | None:
    # On PostgreSQL two requests with one key wait here for one another; SQLite writes one at a time anyway.
    await session.execute(select(User.id).where(User.id == by.id).with_for_update())
    used = await session.get(IdempotencyKey, (by.id, key))
    if used is None:
        return None
    if used.digest != digest:
        message = _("Cette clé a déjà servi pour un autre créneau. Prenez-en une nouvelle.")
        raise Invalid({"Idempotency-Key": message}, message, code="idempotency_key_reused")
    return await session.get(Shift, used.shift_id)


_HELD = select(Shift).where(Shift.id == bindparam("shift")).with_for_update().execution_options(populate_existing=True)


async def lock(session: AsyncSession, shift_id: UUID) -> Shift:
    """The shift, held until the commit: every change of its seats waits here. Raises NotFound."""
    shift: Shift | None = await session.scalar(_HELD, {"shift": shift_id})
    if shift is None:
        raise NotFound
    return shift


async def publish(session: AsyncSession, *, by: User, shift_id: UUID) -> Shift:
    """Open a draft to bookings; publishing again changes nothing. Raises Refusal for a cancelled shift."""
    shift = await lock(session, shift_id)
    if shift.state == "cancelled":
        raise Refusal("shift_not_open", _("Ce créneau est annulé : créez-en un autre."))
    if shift.state == "draft":
        shift.state, shift.published_at = "published", now()
        shift.version += 1
        audit.record(session, by=by, verb="shift.published", subject=shift)
    return shift
