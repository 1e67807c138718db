"""All that the page of a report shows, loaded with few queries: the choices of its filters, its figures, its texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from civic import clock
from civic.accounts.models import User
from civic.encounters.models import Topic
from civic.i18n import _
from civic.missions.models import Mission
from civic.reports.activity import Known, Place, activity
from civic.reports.counting import topics_of
from civic.reports.coverage import Coverage, coverage, last_visits
from civic.reports.figures import SHARE, SHARES_PASS_100
from civic.reports.filters import Filters, scope_of
from civic.reports.labels import AGE_LABELS
from civic.reports.links import Links
from civic.reports.page import PILLAR_NAMES, context
from civic.reports.panels import map_dots, names_of, panels
from civic.reports.periods import PERIODS
from civic.reports.reading import texts_of
from civic.reports.writing import LONGEST
from civic.sites.chart import chart
from civic.sites.models import Commune, Site


@dataclass(frozen=True)
class Choices:
    """What there is to choose from and to draw: places, topics, missions; an empty `scope` is everywhere."""

    sites: Sequence[Site]
    topics: Sequence[Topic]
    missions: list[tuple[UUID, str]]
    scope: frozenset[str]

    @property
    def known(self) -> Known:
        places = {one.id: Place(one.name, one.intermunicipality.short_name) for one in self.sites}
        return Known(self.topics, places)

    @property
    def areas(self) -> dict[str, str]:
        found = {one.intermunicipality_code: one.intermunicipality.short_name for one in self.sites}
        return dict(sorted(found.items(), key=lambda pair: pair[1]))

    def within(self, areas: frozenset[str]) -> list[Site]:
        return [one for one in self.sites if not areas or one.intermunicipality_code in areas]

    def options(self) -> dict[str, Any]:
        """For the selects: places within the caller's scope, topics by pillar."""
        areas = [pair for pair in self.areas.items() if not self.scope or pair[0] in self.scope]
        return {
            "periods": [(code, _(label)) for code, label in PERIODS.items()],
            "areas": areas,
            "sites": [(one.id, one.name) for one in self.within(self.scope)],
            "topic_options": [(one.code, _(one.label)) for one in self.topics],
            "missions": [(str(id), title) for id, title in self.missions],
            "ages": [(code, _(label)) for code, label in AGE_LABELS.items()],
        }


async def choices(session: AsyncSession, user: User) -> Choices:
    sites = select(Site).options(joinedload(Site.intermunicipality)).order_by(Site.name, Site.id)
    missions = await session.execute(select(Mission.id, Mission.title).order_by(Mission.title, Mission.id))
    return Choices(
        (await session.scalars(sites)).all(),
        await topics_of(session),
        [(id, title) for id, title in missions],
        scope_of(user),
    )


async def board(session: AsyncSession, user: User, filters: Filters, found: Choices, weeks: int) -> dict[str, Any]:
    """The context of templates/reports/show.html, for checked filters."""
    report = await activity(session, filters, known=found.known)
    links = Links(filters, user.role)
    shown = context(report, links)
    places = [one for one in found.within(filters.areas) if filters.site in (None, one.id)]
    outline = select(Commune).order_by(Commune.insee)
    if filters.areas:
        outline = outline.where(Commune.intermunicipality_code.in_(sorted(filters.areas)))
    drawn = chart((await session.scalars(outline)).all(), places)
    return {
        **shown,
        **panels(report, links, shown["before_label"]),
        "map": drawn,
        "dots": map_dots(report, drawn),
        "map_names": list(names_of(drawn, found.areas)),
        "coverage": await _coverage(session, filters, places, weeks),
        **await _texts(session, user, filters),
    }


async def _coverage(session: AsyncSession, filters: Filters, places: Sequence[Site], weeks: int) -> Coverage:
    """At the end of the period, or today where it lasts longer. It follows places alone."""
    day = min(filters.to, clock.today())
    return coverage(places, await last_visits(session, filters, day, clock.now()), weeks, day)


async def _texts(session: AsyncSession, user: User, filters: Filters) -> dict[str, Any]:
    """The manager's words for exactly these days; they speak of the whole territory, and of nothing narrower."""
    whole = not any(filters.shown.values()) and not filters.scope
    return {
        "whole": whole,
        "texts": await texts_of(session, filters.from_, filters.to) if whole else {},
        "may_write": whole and user.role == "manager",
        "longest": LONGEST,
        "slots": {"introduction": _("Introduction"), **{code: _(name) for code, name in PILLAR_NAMES.items()}},
    }


def definitions() -> list[str]:
    return [_(SHARE), _(SHARES_PASS_100)]
