"""The verbs of an admin on a place: put it on the list, correct what it is, take it out of use and back.

Whether coming shifts still need it is for `shifts.retiring`, which calls `archive`.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from civic import audit
from civic.accounts.models import User
from civic.clock import now
from civic.errors import Refusal
from civic.i18n import _
from civic.sites import photos
from civic.sites.models import ClosureRule, Commune, Site, SiteClosure
from civic.sites.rules import slug_of


@dataclass(frozen=True, slots=True)
class Identity:
    """What a place is and where it lies; `approximate` points may be a kilometre off."""

    name: str
    kind: str
    pillar: str
    commune_insee: str
    lat: float
    lon: float
    approximate: bool


async def hold_site(session: AsyncSession, site: Site) -> None:
    """Read a place again and hold it until the commit: whoever writes it too waits, and then sees what was written."""
    names = [column.key for column in Site.__table__.columns]
    await session.refresh(site, names, with_for_update={"key_share": True})


async def create_site(session: AsyncSession, identity: Identity, *, by: User) -> Site:
    """A new place, its id made from its name. Raises Refusal `site_known`, `unknown_commune`."""
    commune = await _commune(session, identity)
    await _refuse_twin(session, identity)
    slug = slug_of(identity.name, set(await session.scalars(select(Site.id))))
    source = _("coordonnées saisies à la main")
    site = Site(
        id=slug,
        intermunicipality_code=commune.intermunicipality_code,
        coordinates_source=source,
        chain_member="no",
        **asdict(identity),
    )
    try:
        async with session.begin_nested():
            session.add(site)
    except IntegrityError:
        # The same place in another tab, a moment before.
        raise _known() from None
    audit.record(session, by=by, verb="site.created", subject=site, detail={"name": site.name})
    return site


async def correct_site(session: AsyncSession, site: Site, identity: Identity, *, by: User) -> None:
    """Change what a place is; its id stays. Raises Refusal `site_known`, `unknown_commune`."""
    commune = await _commune(session, identity)
    await _refuse_twin(session, identity, but=site.id)
    changed = [name for name, value in asdict(identity).items() if getattr(site, name) != value]
    if not changed:
        return
    if {"lat", "lon"} & set(changed):
        site.coordinates_source, site.precision_m = _("coordonnées saisies à la main"), None
    for name in changed:
        setattr(site, name, getattr(identity, name))
    site.intermunicipality_code = commune.intermunicipality_code
    audit.record(session, by=by, verb="site.updated", subject=site, detail={"fields": changed})


async def _commune(session: AsyncSession, identity: Identity) -> Commune:
    commune = await session.get(Commune, identity.commune_insee)
    if commune is None:
        message = _("Cette commune n’existe pas. Choisissez dans la liste.")
        raise Refusal("unknown_commune", message, field="commune_insee")
    return commune


async def _refuse_twin(session: AsyncSession, identity: Identity, but: str = "") -> None:
    chosen = select(Site.id).where(
        Site.name == identity.name, Site.commune_insee == identity.commune_insee, Site.id != but
    )
    if await session.scalar(chosen) is not None:
        raise _known()


def _known() -> Refusal:
    return Refusal("site_known", _("Un lieu de ce nom existe déjà dans cette commune."), field="name")


def archive(session: AsyncSession, site: Site, *, by: User) -> None:
    """Take a place out of the lists; what was done there stays. Again changes nothing."""
    if site.archived_at is None:
        site.archived_at = now()
        audit.record(session, by=by, verb="site.archived", subject=site)


def restore(session: AsyncSession, site: Site, *, by: User) -> None:
    """Put a place back on the lists; again changes nothing."""
    if site.archived_at is not None:
        site.archived_at = None
        audit.record(session, by=by, verb="site.restored", subject=site)


async def delete_site(session: AsyncSession, site: Site, *, by: User) -> None:
    """Remove a place that nothing has ever named: one made by mistake. Raises Refusal `site_used`."""
    try:
        # The database knows every table that may name a place, those to come included.
        async with session.begin_nested():
            await session.execute(delete(SiteClosure).where(SiteClosure.site_id == site.id))
            await session.execute(delete(ClosureRule).where(ClosureRule.site_id == site.id))
            await session.execute(delete(Site).where(Site.id == site.id))
            audit.record(session, by=by, verb="site.deleted", subject=site, detail={"name": site.name})
    except IntegrityError:
        raise Refusal("site_used", _("Ce lieu a déjà servi : archivez-le, il restera dans l’historique.")) from None
    if site.photo:
        photos.drop_after_commit(session, photos.folder(), site.photo)
