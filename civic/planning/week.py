"""The week's page: which week and filters the address asks for, and all that the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import queries as bookings
from civic.bookings.contract_alerts import pressing
from civic.bookings.people import people_of
from civic.bookings.queries import ShiftFilters
from civic.bookings.surroundings import closures_between
from civic.bookings.values import Crowd, ShiftFacts
from civic.contracts.leave_queries import waiting_count
from civic.formats import day_short, first_name, hour_range
from civic.i18n import _, ngettext
from civic.planning import board, conflicts, queries, weeks
from civic.planning.conflicts import Conflict
from civic.planning.queries import Due, Place
from civic.sites.models import PILLARS
from civic.templating import query

STATES = ("draft", "published", "cancelled")
TODO_SHOWN = 3
CONFLICTS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address asks for; names that mean nothing were dropped, as a link may be old."""

    monday: date
    agglo: str
    pilier: str
    site: str
    tous: bool
    annules: bool
    unknown_week: bool = False

    @property
    def params(self) -> dict[str, str]:
        """For the addresses of this page; the present week is written too, so that a link keeps its meaning."""
        return {
            "semaine": weeks.code(self.monday),
            "agglo": self.agglo,
            "pilier": self.pilier,
            "site": self.site,
            "tous": "1" if self.tous else "",
            "annules": "1" if self.annules else "",
        }

    def address(self, **changes: Any) -> str:
        return "/planning" + query(self.params, **changes)


@dataclass(frozen=True, slots=True)
class Todo:
    tone: str
    icon: str
    title: str
    text: str
    href: str


def read(params: Mapping[str, str], places: Sequence[Place]) -> Chosen:
    """The filters of an address, known ones only."""
    typed = params.get("semaine", "")
    agglos, sites = {one.intermunicipality for one in places}, {one.id for one in places}
    agglo, pillar, site = params.get("agglo", ""), params.get("pilier", ""), params.get("site", "")
    return Chosen(
        monday=monday_of(params),
        agglo=agglo if agglo in agglos else "",
        pilier=pillar if pillar in PILLARS else "",
        site=site if site in sites else "",
        tous=params.get("tous") == "1",
        annules=params.get("annules") == "1",
        unknown_week=bool(typed) and weeks.parse(typed) is None,
    )


def monday_of(params: Mapping[str, str]) -> date:
    """The week of an address; the present one when it names none that exists."""
    return weeks.parse(params.get("semaine", "")) or clock.monday(clock.today())


def filters_of(chosen: Chosen, user: User) -> ShiftFilters:
    return ShiftFilters(
        first=chosen.monday,
        last=weeks.sunday(chosen.monday),
        site=chosen.site or None,
        intermunicipality=chosen.agglo or None,
        pillar=chosen.pilier or None,
        states=STATES,
        scope=user.scope_codes,
    )


async def week_of(
    session: AsyncSession, user: User, params: Mapping[str, str], current: UUID | None = None
) -> dict[str, Any]:
    """What templates/planning/week.html shows, in thirteen queries or fifteen, whatever the number of shifts."""
    now = clock.now()
    places = await queries.places(session, user)
    chosen = read(params, places)
    doubtful = await conflicts.suspects(session, user, now)
    listed = await bookings.list_shifts(session, replace(filters_of(chosen, user), also=frozenset(doubtful)))
    shifts = [one for one in listed if _wanted(one, chosen)]
    due = await queries.short_staffed(session, user, now)
    ids = {one.id for one in listed} | {one.id for one in due}
    people = await people_of(session, set().union(*doubtful.values())) if doubtful else {}
    held = await bookings.live_bookings(session, shift_ids=ids, volunteer_ids=set(people), since=now)
    crowds = bookings.crowds(held)
    broken = conflicts.find(listed, doubtful, crowds, people, held)
    shown = [one for one in places if _passes(one, chosen)]
    ids_shown = {one.id for one in shown}
    closures = await closures_between(session, chosen.monday, weeks.sunday(chosen.monday), ids_shown)
    week = board.build(
        monday=chosen.monday,
        places=shown,
        shifts=shifts,
        crowds=crowds,
        closures=closures,
        now=now,
        base=chosen.address(),
        chosen=current,
        show_all=chosen.tous or bool(chosen.site),
        show_cancelled=chosen.annules,
        broken={one.shift.id for one in broken},
    )
    todo = [
        *_conflicts(broken, chosen),
        *_alerts(due, crowds, chosen),
        *_unnoted(await queries.to_note(session, user, now), chosen),
        *_queues(shifts, crowds, chosen, now),
        *_contracts(await pressing(session, user, clock.today())),
        *_leave(await waiting_count(session, user)),
        *_counts(await queries.waiting_applications(session, user), week, chosen),
    ]
    return {
        "board": week,
        "chosen": chosen,
        "todo": todo,
        "todo_count": len(todo) + max(0, len(due) - TODO_SHOWN - 1) + max(0, len(broken) - CONFLICTS_SHOWN - 1),
        "places": places,
        "number": weeks.number(chosen.monday),
        "previous": chosen.address(semaine=weeks.code(chosen.monday - weeks.WEEK)),
        "following": chosen.address(semaine=weeks.code(chosen.monday + weeks.WEEK)),
        "present": chosen.address(semaine=None),
        "here": chosen.address(creneau=str(current) if current else None),
    }


def _wanted(shift: ShiftFacts, chosen: Chosen) -> bool:
    """Whether a shift is of this week and passes the filters: the conflicts of other weeks were read with it."""
    in_week = chosen.monday <= shift.times.day <= weeks.sunday(chosen.monday)
    asked = ((chosen.site, shift.site_id), (chosen.agglo, shift.intermunicipality), (chosen.pilier, shift.pillar))
    return in_week and all(value in ("", own) for value, own in asked)


def _passes(place: Place, chosen: Chosen) -> bool:
    return chosen.agglo in ("", place.intermunicipality) and chosen.site in ("", place.id)


def _link(chosen: Chosen, due: Due | ShiftFacts) -> str:
    """The shift's panel beside its own week."""
    starts_at = due.starts_at if isinstance(due, Due) else due.times.starts_at
    monday = clock.monday(clock.local(starts_at).date())
    other = replace(chosen, monday=monday, agglo="", pilier="", site="")
    return other.address(creneau=str(due.id)) + "#fiche"


def _when(due: Due) -> str:
    hours = hour_range(due.starts_at, due.ends_at)
    return f"{due.site_name}, {day_short(due.starts_at)}, {hours}."


def _conflicts(broken: Sequence[Conflict], chosen: Chosen) -> list[Todo]:
    """The places that no longer hold, those of the chosen site first; the panel of each has what to do."""
    found = []
    ordered = sorted(broken, key=lambda one: one.shift.site_id != chosen.site)
    shown = ordered if len(ordered) <= CONFLICTS_SHOWN + 1 else ordered[:CONFLICTS_SHOWN]
    for one in shown:
        title = _("%(name)s : place en conflit") % {"name": one.held.volunteer_name}
        text = f"{_when_of(one.shift)} {one.finding.title}"
        found.append(Todo("bad", "ban", title, text, _link(chosen, one.shift)))
    if len(shown) < len(ordered):
        title = _("Et %(n)s autres places en conflit") % {"n": len(ordered) - len(shown)}
        following = ordered[len(shown)].shift
        text = _("La première : %(shift)s") % {"shift": _when_of(following)}
        found.append(Todo("bad", "ban", title, text, _link(chosen, following)))
    return found


def _when_of(shift: ShiftFacts) -> str:
    hours = hour_range(shift.times.starts_at, shift.times.ends_at)
    return f"{shift.site_name}, {day_short(shift.times.starts_at)}, {hours}."


def _alerts(due: Sequence[Due], crowds: Mapping[UUID, Crowd], chosen: Chosen) -> list[Todo]:
    found = []
    due = sorted(due, key=lambda one: bool(one.seated) and not one.lone_minor)
    shown = due if len(due) <= TODO_SHOWN + 1 else due[:TODO_SHOWN]
    for one in shown:
        if not one.seated:
            nobody = _("%(shift)s Personne n’est inscrit.") % {"shift": _when(one)}
            found.append(Todo("bad", "triangle-alert", _empty_title(one), nobody, _link(chosen, one)))
            continue
        names = " ".join(first_name(held.volunteer_name) for held in crowds[one.id].seated[:1])
        alone = _("%(shift)s Seulement %(name)s.") % {"shift": _when(one), "name": names}
        text = alone if one.seated == 1 else _when(one)
        tone, icon, title = _alert_title(one)
        found.append(Todo(tone, icon, title, text, _link(chosen, one)))
    if len(shown) < len(due):
        title = _("Et %(n)s autres sous 48 h") % {"n": len(due) - len(shown)}
        text = _("Le premier : %(shift)s") % {"shift": _when(due[TODO_SHOWN])}
        found.append(Todo("warn", "users-round", title, text, _link(chosen, due[TODO_SHOWN])))
    return found


def _alert_title(due: Due) -> tuple[str, str, str]:
    if due.lone_minor:
        return "bad", "triangle-alert", _("Mineur seul")
    if due.called:
        return "warn", "users-round", _("Remplacement cherché")
    return "warn", "users-round", _("Incomplet sous 48 h")


def _empty_title(due: Due) -> str:
    distance = (clock.local(due.starts_at).date() - clock.today()).days
    if distance == 0:
        return _("Vide aujourd’hui")
    return _("Vide demain") if distance == 1 else _("Vide sous 48 h")


def _unnoted(due: Sequence[Due], chosen: Chosen) -> list[Todo]:
    """The oldest shift without its attendance, and how many others wait."""
    if not due:
        return []
    seats, more = sum(one.seated for one in due), len(due) - 1
    title = ngettext("%(n)s présence à noter", "%(n)s présences à noter", seats) % {"n": seats}
    text = _when(due[0])
    if more:
        others = ngettext("Et %(n)s autre créneau.", "Et %(n)s autres créneaux.", more) % {"n": more}
        text = f"{text} {others}"
    return [Todo("info", "list-checks", title, text, _link(chosen, due[0]))]


def _queues(shifts: Sequence[ShiftFacts], crowds: Mapping[UUID, Crowd], chosen: Chosen, now: datetime) -> list[Todo]:
    found = []
    for shift in shifts:
        waiting = len(crowds[shift.id].waiting) if shift.id in crowds else 0
        if shift.state == "published" and shift.times.starts_at > now and waiting > 1:
            text = _("Un second binôme est possible : %(site)s, %(day)s") % {
                "site": shift.site_name,
                "day": day_short(shift.times.starts_at),
            }
            title = _("%(n)s en liste d’attente") % {"n": waiting}
            found.append(Todo("info", "hourglass", title, text, chosen.address(creneau=str(shift.id)) + "#fiche"))
    return found[:2]


def _contracts(count: int) -> list[Todo]:
    """Contracts with something late, or that end soon: one line, the team's list has the names."""
    if not count:
        return []
    title = ngettext("%(n)s contrat à suivre", "%(n)s contrats à suivre", count) % {"n": count}
    text = _("Formation, entretien ou attestation en retard, ou fin proche.")
    return [Todo("warn", "file-check", title, text, "/volontaires?etat=a_suivre")]


def _leave(count: int) -> list[Todo]:
    if not count:
        return []
    title = ngettext("%(n)s congé à décider", "%(n)s congés à décider", count) % {"n": count}
    return [Todo("info", "calendar-x", title, _("La personne attend votre réponse."), "/conges")]


def _counts(applications: int, week: board.Board, chosen: Chosen) -> list[Todo]:
    found = []
    if applications:
        title = ngettext("%(n)s candidature", "%(n)s candidatures", applications) % {"n": applications}
        found.append(Todo("info", "mail", title, _("Elles attendent votre réponse."), "/candidatures?state=submitted"))
    if week.drafts:
        count = len(week.drafts)
        title = ngettext("%(n)s brouillon", "%(n)s brouillons", count) % {"n": count}
        text = _("Cette semaine, pas encore visibles des volontaires.")
        found.append(Todo("info", "pen-line", title, text, drafts_address(chosen)))
    return found


def drafts_address(chosen: Chosen) -> str:
    return "/planning/brouillons" + query(chosen.params, tous=None, annules=None)
