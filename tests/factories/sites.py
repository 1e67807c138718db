"""Places. Intermunicipalities and communes are made once per database and found again after."""

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.sites.models import (
    ClosureRule,
    Commune,
    Intermunicipality,
    Site,
    SiteClosure,
    SiteReport,
    SiteReportStep,
)
from civic.sites.recurrence import Recurrence
from civic.volunteers.models import Volunteer

# A real commune of each, so that distances are believable.
COMMUNES = {
    "CALL": ("62498", "Lens", 50.43094, 2.82706),
    "CAHC": ("62427", "Hénin-Beaumont", 50.41359, 2.96523),
    "CABBALR": ("62119", "Béthune", 50.52885, 2.64176),
}
SHORT_NAMES = {"CALL": "Lens-Liévin", "CAHC": "Hénin-Carvin", "CABBALR": "Béthune-Bruay"}
_numbers = count(1)


async def make_intermunicipality(session: AsyncSession, code: str = "CALL") -> Intermunicipality:
    found = await session.get(Intermunicipality, code)
    if found is None:
        found = Intermunicipality(code=code, name=f"CA {SHORT_NAMES[code]}", short_name=SHORT_NAMES[code], siren="0")
        session.add(found)
        await session.flush()
    return found


async def make_commune(session: AsyncSession, intermunicipality: str = "CALL") -> Commune:
    """The chief town of an intermunicipality."""
    insee, name, lat, lon = COMMUNES[intermunicipality]
    found = await session.get(Commune, insee)
    if found is None:
        await make_intermunicipality(session, intermunicipality)
        found = Commune(
            insee=insee,
            name=name,
            intermunicipality_code=intermunicipality,
            postcodes="62000",
            population=30000,
            lat=lat,
            lon=lon,
        )
        session.add(found)
        await session.flush()
    return found


async def make_site(
    session: AsyncSession, id: str | None = None, intermunicipality: str = "CALL", **fields: Any
) -> Site:
    """A park in the chief town; `fields` are columns of Site."""
    commune = await make_commune(session, intermunicipality)
    slug = id or f"parc-{next(_numbers)}"
    values: dict[str, Any] = {
        "name": f"Parc {slug}",
        "kind": "park",
        "pillar": "archipel_vert",
        "lat": commune.lat,
        "lon": commune.lon,
        "on_call_number": "03 21 00 00 01",
        **fields,
    }
    site = Site(id=slug, commune_insee=commune.insee, intermunicipality_code=intermunicipality, **values)
    session.add(site)
    await session.flush()
    return site


async def make_closure(
    session: AsyncSession, site: Site, starts_on: date, ends_on: date | None = None, reason: str = "Travaux"
) -> SiteClosure:
    closure = SiteClosure(site_id=site.id, starts_on=starts_on, ends_on=ends_on or starts_on, reason=reason)
    session.add(closure)
    await session.flush()
    return closure


async def make_closure_rule(
    session: AsyncSession, site: Site, weekdays: tuple[int, ...] = (6,), weeks: int = 8, reason: str = "Chasse"
) -> ClosureRule:
    """Closed every such weekday from today on, a row each."""
    today = clock.today()
    recurrence = Recurrence("week", weekdays, today, today + timedelta(weeks=weeks))
    rule = ClosureRule(site_id=site.id, rule=recurrence.rule, starts_on=today, reason=reason)
    session.add(rule)
    await session.flush()
    for day in recurrence.days():
        session.add(SiteClosure(site_id=site.id, starts_on=day, ends_on=day, reason=reason, rule_id=rule.id))
    await session.flush()
    return rule


async def make_report(session: AsyncSession, site: Site, author: User | Volunteer, **fields: Any) -> SiteReport:
    """Something wrong at a place, with its first step; `state` is that of a second step where it is not new."""
    user = author.user if isinstance(author, Volunteer) else author
    values: dict[str, Any] = {"id": uuid4(), "kind": "banc_mobilier", "date": clock.today(), **fields}
    report = SiteReport(site_id=site.id, author_id=user.id, **values)
    session.add(report)
    await session.flush()
    session.add(SiteReportStep(report_id=report.id, number=1, state="new", by_id=user.id))
    if report.state != "new":
        session.add(SiteReportStep(report_id=report.id, number=2, state=report.state))
    await session.flush()
    return report
