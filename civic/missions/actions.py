"""The verbs of missions: create and change one, apply to one, withdraw, answer an application."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import audit, outbox
from civic.accounts.models import User
from civic.clock import now
from civic.errors import NotFound, Refusal
from civic.i18n import _
from civic.missions.models import Application, Mission, MissionTag, MissionTraining
from civic.missions.queries import own_application
from civic.missions.rules import refuse_foreign_sites, refuse_wrong_days, refuse_wrong_decision
from civic.settings import settings
from civic.sites.models import Site
from civic.volunteers.models import Volunteer

LIVE = ("submitted", "accepted")
MAILS = {"accepted": "application_accepted", "rejected": "application_rejected"}


@dataclass(frozen=True, slots=True)
class MissionFacts:
    """All that a coordinator writes about a mission."""

    title: str
    pillar: str
    description: str
    site_ids: Collection[str]
    activity: str = ""
    tasks: str = ""
    min_age: int = 16
    approval_number: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    tags: Collection[str] = ()
    trainings: Collection[str] = ()


async def create_mission(session: AsyncSession, facts: MissionFacts, *, by: User) -> Mission:
    """A mission at sites of the author's scope (`by.scopes` loaded)."""
    sites = await _sites(session, facts, by)
    mission = Mission(created_by_id=by.id, tags=[], trainings=[], sites=[])
    _write(mission, facts, sites)
    session.add(mission)
    await session.flush()
    audit.record(session, by=by, verb="mission.created", subject=mission)
    return mission


async def update_mission(session: AsyncSession, mission: Mission, facts: MissionFacts, *, by: User) -> None:
    """Change a mission (`sites`, `tags` and `trainings` loaded); sites it has already may stay, in scope or not."""
    sites = await _sites(session, facts, by, already={site.id for site in mission.sites})
    _write(mission, facts, sites)
    await session.flush()
    audit.record(session, by=by, verb="mission.updated", subject=mission)


def archive_mission(session: AsyncSession, mission: Mission, *, by: User) -> None:
    """Take a mission off the lists; what was done for it stays. Whether it may be is for `shifts.retiring`."""
    if mission.archived_at is None:
        mission.archived_at = now()
        audit.record(session, by=by, verb="mission.archived", subject=mission)


def restore_mission(session: AsyncSession, mission: Mission, *, by: User) -> None:
    """Put a mission back on the lists; again changes nothing."""
    if mission.archived_at is not None:
        mission.archived_at = None
        audit.record(session, by=by, verb="mission.restored", subject=mission)


async def delete_mission(session: AsyncSession, mission: Mission, *, by: User) -> None:
    """Remove a mission that nothing has ever named: one made by mistake. Raises Refusal `mission_used`."""
    try:
        # The database knows every table that may name a mission, those to come included.
        async with session.begin_nested():
            await session.execute(delete(Mission).where(Mission.id == mission.id))
            audit.record(session, by=by, verb="mission.deleted", subject=mission, detail={"name": mission.title})
    except IntegrityError:
        message = _("Cette mission a déjà servi : archivez-la, elle restera dans l’historique.")
        raise Refusal("mission_used", message) from None


async def _sites(session: AsyncSession, facts: MissionFacts, by: User, already: Collection[str] = ()) -> list[Site]:
    refuse_wrong_days(facts.starts_on, facts.ends_on)
    # Kept in use until the commit: who archives one waits, and then finds this mission.
    chosen = select(Site).where(Site.id.in_(facts.site_ids), Site.archived_at.is_(None)).order_by(Site.id)
    found = list(await session.scalars(chosen.with_for_update(read=True, key_share=True)))
    allowed = {site.id for site in found if by.covers(site.intermunicipality_code)} | set(already)
    refuse_foreign_sites(facts.site_ids, allowed)
    return found


def _write(mission: Mission, facts: MissionFacts, sites: list[Site]) -> None:
    plain = (
        "title",
        "pillar",
        "description",
        "activity",
        "tasks",
        "min_age",
        "approval_number",
        "starts_on",
        "ends_on",
    )
    for name in plain:
        setattr(mission, name, getattr(facts, name))
    mission.sites = sites
    tags = [tag for tag in mission.tags if tag.tag in facts.tags]
    mission.tags = [*tags, *(MissionTag(tag=code) for code in facts.tags if code not in {tag.tag for tag in tags})]
    kept = [training for training in mission.trainings if training.kind in facts.trainings]
    known = {training.kind for training in kept}
    mission.trainings = [*kept, *(MissionTraining(kind=kind) for kind in facts.trainings if kind not in known)]


async def apply(session: AsyncSession, mission: Mission, volunteer: Volunteer, motivation: str) -> Application:
    """Ask to join a mission; somebody whose application waits or was accepted gets that one back, unchanged."""
    present = await own_application(session, mission.id, volunteer.id)
    if present is not None and present.state in LIVE:
        return present
    application = Application(mission_id=mission.id, volunteer_id=volunteer.id, motivation=motivation)
    try:
        async with session.begin_nested():
            session.add(application)
    except IntegrityError:
        # The same person in another tab, a moment before.
        present = await own_application(session, mission.id, volunteer.id)
        if present is None:
            raise
        return present
    user = await session.get_one(User, volunteer.user_id)
    audit.record(session, by=user, verb="application.submitted", subject=application)
    await outbox.enqueue(
        session,
        to=user.email,
        kind="application_received",
        template="application_received",
        context={"name": user.first_name, "mission": mission.title, "link": _link(mission.id)},
        dedupe=f"application_received:{application.id}",
    )
    return application


async def withdraw(session: AsyncSession, mission: Mission, volunteer: Volunteer, *, by: User) -> None:
    """Take back an application, answered yes or not yet; nothing happens when none is live."""
    present = await own_application(session, mission.id, volunteer.id)
    if present is None or present.state not in LIVE:
        return
    present.state = "withdrawn"
    present.decided_at = now()
    audit.record(session, by=by, verb="application.withdrawn", subject=present)


async def decide(session: AsyncSession, application_id: UUID, state: str, note: str, *, by: User) -> Application:
    """Answer "accepted" or "rejected" and tell the volunteer; the same again does nothing."""
    application = await session.scalar(
        select(Application)
        .where(Application.id == application_id)
        .options(
            joinedload(Application.mission, innerjoin=True),
            joinedload(Application.volunteer, innerjoin=True).joinedload(Volunteer.user, innerjoin=True),
        )
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    )
    if application is None:
        raise NotFound
    if state not in MAILS:
        raise Refusal("unknown_decision", _("Choisissez d’accepter ou de refuser."))
    refuse_wrong_decision(application.state, state)
    if application.state == state:
        return application
    application.state = state
    application.decided_at = now()
    application.decided_by_id = by.id
    application.decision_note = note
    audit.record(session, by=by, verb=f"application.{state}", subject=application)
    await _tell(session, application, note)
    return application


async def _tell(session: AsyncSession, application: Application, note: str) -> None:
    user = application.volunteer.user
    await outbox.enqueue(
        session,
        to=user.email,
        kind=MAILS[application.state],
        template=MAILS[application.state],
        context={
            "name": user.first_name,
            "mission": application.mission.title,
            "note": note,
            "link": _link(application.mission_id),
        },
        dedupe=f"{application.state}:{application.id}",
    )


def _link(mission_id: UUID) -> str:
    return f"{settings().base_url}/missions/{mission_id}"
