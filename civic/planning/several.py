"""Which shifts a page that acts on several lists: a period, narrowed by filters; all of it is in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.values import ShiftFacts
from civic.forms import Form
from civic.i18n import _
from civic.missions.models import Mission
from civic.planning import queries, weeks
from civic.planning.queries import Place
from civic.shifts import recurrence
from civic.shifts.models import Shift, ShiftSeries
from civic.sites.models import PILLARS, Site
from civic.templating import query

LONGEST = timedelta(days=366)
# More boxes than that are no choice: the page asks for a narrower one.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for; names that mean nothing were dropped, as a link may be old."""

    path: str
    first: date
    last: date
    agglo: str = ""
    site: str = ""
    pilier: str = ""
    mission: UUID | None = None
    series: UUID | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {
            "du": self.first,
            "au": self.last,
            "agglo": self.agglo,
            "site": self.site,
            "pilier": self.pilier,
            "mission": self.mission,
            "serie": self.series,
        }

    def address(self, **changes: Any) -> str:
        return self.path + query(self.params, **changes)

    @property
    def week(self) -> str:
        """The board from which one came, or at the beginning of the period."""
        kept = {"agglo": self.agglo, "site": self.site, "pilier": self.pilier}
        return "/planning" + query({"semaine": weeks.code(self.first), **kept})


@dataclass(frozen=True, slots=True)
class Options:
    """What the filters offer: (value, label), the sites by intermunicipality."""

    groups: list[tuple[str, str]]
    sites: list[tuple[str, list[tuple[str, str]]]]
    missions: list[tuple[str, str]]
    series: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Listed:
    """The page's shifts; `more` says that the filters hold others beyond the first `MOST`."""

    chosen: Chosen
    options: Options
    shifts: list[ShiftFacts]
    more: bool = False


async def listed(
    session: AsyncSession, user: User, path: str, params: Mapping[str, str], states: tuple[str, ...]
) -> Listed:
    """The shifts in some states, of the coordinator's scope, that the address asks for; those that ended are left out,
    unless they are drafts."""
    places = await queries.places(session, user)
    chosen = await _read(session, path, params, places)
    ids = list(await session.scalars(_ids(user, chosen, states).limit(MOST + 1)))
    facts = await bookings.shift_facts(session, ids[:MOST])
    shifts = [facts[one] for one in ids[:MOST]]
    options = await _options(session, user, chosen, places, states)
    return Listed(chosen, options, shifts, len(ids) > MOST)


def _ids(user: User, chosen: Chosen, states: tuple[str, ...]) -> Select[Any]:
    start, end = clock.day_bounds(chosen.first, chosen.last)
    found = _within(select(Shift.id).join(Mission, Mission.id == Shift.mission_id), user)
    found = found.where(Shift.starts_at >= start, Shift.starts_at < end, Shift.state.in_(states))
    found = found.where(or_(Shift.ends_at > clock.now(), Shift.state == "draft"))
    narrowed = (
        (Site.intermunicipality_code, chosen.agglo),
        (Site.id, chosen.site),
        (Mission.pillar, chosen.pilier),
        (Mission.id, chosen.mission),
        (Shift.series_id, chosen.series),
    )
    for column, value in narrowed:
        found = found.where(column == value) if value else found
    return found.order_by(Shift.starts_at, Shift.id)


async def _read(session: AsyncSession, path: str, params: Mapping[str, str], places: Sequence[Place]) -> Chosen:
    """A period that makes no sense is the present week; that of a series is its own until one is named."""
    form = Form({name: [params.get(name, "")] for name in ("du", "au", "mission", "serie")})
    series = form.uuid("serie", required=False)
    monday = weeks.parse(params.get("semaine", "")) or clock.monday(clock.today())
    first, last = form.date("du", required=False), form.date("au", required=False)
    if series and not (first or last):
        first, last = await _span(session, series)
    first = first or (min(monday, last) if last else monday)
    last = min(max(first, last or weeks.sunday(clock.monday(first))), first + LONGEST)
    known = {"agglo": {one.intermunicipality for one in places}, "site": {one.id for one in places}, "pilier": PILLARS}
    kept = {name: params.get(name, "") if params.get(name, "") in codes else "" for name, codes in known.items()}
    return Chosen(path, first, last, mission=form.uuid("mission", required=False), series=series, **kept)


async def _span(session: AsyncSession, series: UUID) -> tuple[date | None, date | None]:
    chosen = select(Shift.starts_at).where(Shift.series_id == series).order_by(Shift.starts_at)
    days = [clock.local_day(one) for one in await session.scalars(chosen)]
    return (days[0], days[-1]) if days else (None, None)


async def _options(
    session: AsyncSession, user: User, chosen: Chosen, places: Sequence[Place], states: tuple[str, ...]
) -> Options:
    groups: dict[str, str] = {}
    sites: dict[str, list[tuple[str, str]]] = {}
    for one in places:
        groups.setdefault(one.intermunicipality, one.group)
        sites.setdefault(one.group, []).append((one.id, one.name))
    start, end = clock.day_bounds(chosen.first, chosen.last)
    planned = (Shift.starts_at >= start, Shift.starts_at < end, Shift.state.in_(states))
    missions = _within(select(Mission.id, Mission.title).join(Shift, Shift.mission_id == Mission.id), user)
    titled = [(str(key), title) for key, title in await session.execute(missions.where(*planned).distinct())]
    columns = select(ShiftSeries.id, Site.name, ShiftSeries.rule).join(Shift, Shift.series_id == ShiftSeries.id)
    rows = await session.execute(_within(columns, user).where(*planned).distinct())
    named = [(str(key), _named(site, rule)) for key, site, rule in rows]
    return Options(
        list(groups.items()), list(sites.items()), _kept(titled, chosen.mission), _kept(named, chosen.series)
    )


def _within(chosen: Select[Any], user: User) -> Select[Any]:
    return chosen.join(Site, Site.id == Shift.site_id).where(queries.in_scope(user.scope_codes))


def _named(site: str, rule: str) -> str:
    return _("%(site)s, %(rhythm)s") % {"site": site, "rhythm": recurrence.sentence(recurrence.read_rule(rule))}


def _kept(options: list[tuple[str, str]], chosen: UUID | None) -> list[tuple[str, str]]:
    """By label; one that was chosen stays in the list though the period holds none of it."""
    ordered = sorted(options, key=lambda one: (one[1], one[0]))
    if chosen and str(chosen) not in {key for key, _label in ordered}:
        ordered.append((str(chosen), _("celle du lien")))
    return ordered


def ticked(form: Form, shifts: Sequence[ShiftFacts]) -> list[UUID]:
    """Those of the list that the form ticks: another's shift, or one made meanwhile, is not touched."""
    known = {str(one.id): one.id for one in shifts}
    return [known[one] for one in dict.fromkeys(form.lists.get("shift", [])) if one in known]


async def are(session: AsyncSession, user: User, form: Form, state: str) -> bool:
    """Whether all that the form ticks is in a state already: the same form, sent twice, has been heard."""
    ids = set()
    for text in form.lists.get("shift", [])[:MOST]:
        try:
            ids.add(UUID(text))
        except ValueError:
            return False
    chosen = _within(select(func.count(Shift.id)), user).where(Shift.id.in_(ids), Shift.state == state)
    return bool(ids) and await session.scalar(chosen) == len(ids)
