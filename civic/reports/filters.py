"""What a report or an export is about: its days, its filters and the caller's scope, checked once for every face."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.models import User
from civic.encounters.models import Topic
from civic.errors import Forbidden, Invalid
from civic.i18n import _
from civic.missions.models import Mission
from civic.schema import Day, SafeStr, Strict
from civic.sites.models import Site

Area = Literal["CALL", "CAHC", "CABBALR"]
Pillar = Literal["rev3", "archipel_vert", "resilience"]
Age = Literal["age_lt12", "age_12_17", "age_18_24", "age_25_59", "age_60p", "age_nc"]


class Params(Strict):
    """The query string of /reports and /exports; both days are included and local."""

    from_: Day = Field(alias="from")
    to: Day
    site: SafeStr | None = Field(default=None, max_length=100)
    intermunicipality: Area | None = None
    mission: UUID | None = None
    pillar: Pillar | None = None
    topic: SafeStr | None = Field(default=None, max_length=100)
    age: Age | None = None


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The days from `from_` to `to`, both included, and what narrows them; an empty `scope` means everywhere.

    `pillar` means the topics of an encounter and the mission of a shift or outing; `mission` that of the shift. `age`
    keeps the encounters with somebody of a bracket and counts the people of that bracket.
    """

    from_: date
    to: date
    site: str | None = None
    intermunicipality: str | None = None
    mission: UUID | None = None
    pillar: str | None = None
    topic: str | None = None
    age: str | None = None
    scope: frozenset[str] = frozenset()

    @property
    def areas(self) -> frozenset[str]:
        """The intermunicipalities that the rows must lie in; none: anywhere."""
        return frozenset({self.intermunicipality}) if self.intermunicipality else self.scope

    @property
    def shown(self) -> dict[str, str | None]:
        """The filters by the names of the interface."""
        mission = str(self.mission) if self.mission else None
        return {
            "site": self.site,
            "intermunicipality": self.intermunicipality,
            "mission": mission,
            "pillar": self.pillar,
            "topic": self.topic,
            "age": self.age,
        }

    @property
    def met_only(self) -> bool:
        """Whether they speak of encounters alone: neither a shift nor an outing has a topic or ages."""
        return bool(self.topic or self.age)


def scope_of(user: User) -> frozenset[str]:
    """A coordinator's intermunicipalities; managers and admins read everywhere."""
    return user.scope_codes if user.role == "coordinator" else frozenset()


async def asked(session: AsyncSession, user: User, params: Params) -> Filters:
    """A caller's filters, within their scope. Raises Invalid by field, Forbidden outside the scope."""
    given = params.model_dump(include=set(Params.model_fields))
    return await checked(session, Filters(**given, scope=scope_of(user)))


async def checked(session: AsyncSession, filters: Filters) -> Filters:
    """The same filters, once they name things that exist. Raises Invalid by field, Forbidden outside the scope."""
    errors = {}
    if filters.to < filters.from_:
        errors["to"] = _("La fin de la période vient avant son début.")
    area = None
    if filters.site:
        area = await session.scalar(select(Site.intermunicipality_code).where(Site.id == filters.site))
        if area is None:
            errors["site"] = _("Ce lieu n’existe pas.")
    if filters.mission and not await session.scalar(select(Mission.id).where(Mission.id == filters.mission)):
        errors["mission"] = _("Cette mission n’existe pas.")
    if filters.topic and not await session.scalar(select(Topic.code).where(Topic.code == filters.topic)):
        errors["topic"] = _("Ce thème n’existe pas.")
    if errors:
        raise Invalid(errors)
    wanted = {code for code in (area, filters.intermunicipality) if code}
    if filters.scope and not wanted <= filters.scope:
        raise Forbidden(_("Cette agglomération est hors de votre périmètre."))
    return filters
