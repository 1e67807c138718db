"""Named selects on sites: everybody may read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic.accounts.models import User
from civic.formats import plain
from civic.sites.models import ClosureRule, Commune, Intermunicipality, Site, SiteClosure


def any_sites() -> Select[tuple[Site]]:
    """Sites with their commune and intermunicipality, those out of use too."""
    return select(Site).options(joinedload(Site.commune), joinedload(Site.intermunicipality))


def open_sites() -> Select[tuple[Site]]:
    """Sites in use, with their commune and intermunicipality."""
    return any_sites().where(Site.archived_at.is_(None))


async def page_of_sites(session: AsyncSession, limit: int, after: Sequence[str] | None) -> list[Site]:
    """At most `limit` sites by name, from the (name, id) after which the page begins."""
    chosen = open_sites().order_by(Site.name, Site.id).limit(limit)
    if after is not None:
        chosen = chosen.where(tuple_(Site.name, Site.id) > tuple_(*(literal(part) for part in after)))
    return list(await session.scalars(chosen))


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """What the list is narrowed by; an empty text narrows nothing."""

    words: str = ""
    intermunicipality: str = ""
    pillar: str = ""
    kind: str = ""
    archived: bool = False


async def search_sites(session: AsyncSession, filters: SiteFilters = SiteFilters()) -> list[Site]:
    """Sites whose name or commune holds every word, whatever the accents: some dozens of rows, so judged here."""
    chosen = any_sites().order_by(Site.name, Site.id)
    chosen = chosen.where(Site.archived_at.is_not(None) if filters.archived else Site.archived_at.is_(None))
    if filters.intermunicipality:
        chosen = chosen.where(Site.intermunicipality_code == filters.intermunicipality)
    if filters.pillar:
        chosen = chosen.where(Site.pillar == filters.pillar)
    if filters.kind:
        chosen = chosen.where(Site.kind == filters.kind)
    wanted = plain(filters.words).split()
    sites = await session.scalars(chosen)
    return [site for site in sites if all(word in plain(f"{site.name} {site.commune.name}") for word in wanted)]


async def intermunicipalities(session: AsyncSession) -> list[Intermunicipality]:
    return list(await session.scalars(select(Intermunicipality).order_by(Intermunicipality.short_name)))


async def communes(session: AsyncSession) -> list[Commune]:
    """The 150 communes, by name."""
    return list(await session.scalars(select(Commune).order_by(Commune.name, Commune.insee)))


async def closures_before(session: AsyncSession, site_id: str, day: date, limit: int = 30) -> list[SiteClosure]:
    """Closures that were over before a day, the latest first."""
    chosen = (
        select(SiteClosure)
        .where(SiteClosure.site_id == site_id, SiteClosure.ends_on < day)
        .order_by(SiteClosure.starts_on.desc(), SiteClosure.id)
        .limit(limit)
    )
    return list(await session.scalars(chosen))


async def closure_rules(session: AsyncSession, site_id: str) -> list[ClosureRule]:
    """A site's rules, by first day."""
    chosen = select(ClosureRule).where(ClosureRule.site_id == site_id).order_by(ClosureRule.starts_on, ClosureRule.id)
    return list(await session.scalars(chosen))


async def closures_from(session: AsyncSession, site_id: str, day: date) -> list[SiteClosure]:
    """Closures that last on a day or come after it, soonest first."""
    chosen = (
        select(SiteClosure)
        .where(SiteClosure.site_id == site_id, SiteClosure.ends_on >= day)
        .order_by(SiteClosure.starts_on, SiteClosure.id)
    )
    return list(await session.scalars(chosen))


async def closed_sites(session: AsyncSession, day: date) -> set[str]:
    """Ids of the sites that are closed on a local day."""
    chosen = select(SiteClosure.site_id).where(SiteClosure.starts_on <= day, SiteClosure.ends_on >= day)
    return set(await session.scalars(chosen))


def may_edit(user: User | None, site: Site) -> bool:
    """An admin anywhere, a coordinator within their scope (`user.scopes` loaded)."""
    if user is None:
        return False
    return user.role == "admin" or (user.role == "coordinator" and user.covers(site.intermunicipality_code))


def scope_of(user: User, sites: Sequence[Site]) -> list[Site]:
    """Those of some sites that somebody may keep."""
    return [site for site in sites if may_edit(user, site)]
