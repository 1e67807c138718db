"""The form of a shift: from what a coordinator types to values, and back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from civic import clock
from civic.accounts.models import User
from civic.begun import Clash
from civic.bookings.values import ShiftFacts
from civic.formats import day_short
from civic.forms import Form
from civic.i18n import N_, _
from civic.missions.models import Mission
from civic.planning.queries import Place, places
from civic.shifts.models import MAX_CAPACITY
from civic.shifts.rules import LONGEST
from civic.shifts.values import ShiftValues

FIELDS = ("mission_id", "site_id", "day", "start", "end", "break_minutes", "capacity", "min_staff")
LABELS = {
    "mission_id": N_("Mission"),
    "site_id": N_("Lieu"),
    "day": N_("Jour"),
    "start": N_("Début"),
    "end": N_("Fin"),
    "break_minutes": N_("Pause"),
    "capacity": N_("Places"),
    "min_staff": N_("Minimum"),
}
# The names that the verbs give to the same fields.
OF_VALUES = {"starts_at": "day", "ends_at": "end"}
LONGEST_BREAK = int(LONGEST.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Choices:
    """The missions and sites that a coordinator may plan; `covered` says which missions have which sites."""

    missions: list[Mission]
    places: list[Place]

    @property
    def covered(self) -> dict[str, list[str]]:
        """Ids of the missions, by site."""
        known = {place.id for place in self.places}
        found: dict[str, list[str]] = {}
        for mission in self.missions:
            for site in mission.sites:
                if site.id in known:
                    found.setdefault(site.id, []).append(str(mission.id))
        return found

    @property
    def sites(self) -> list[tuple[str, list[Place]]]:
        """Sites that at least one mission has, by intermunicipality."""
        covered = self.covered
        grouped: dict[str, list[Place]] = {}
        for place in self.places:
            if place.id in covered:
                grouped.setdefault(place.group, []).append(place)
        return list(grouped.items())

    def label(self, name: str, value: str) -> str:
        """What a field's stored text means to people."""
        if name == "mission_id":
            return next((one.title for one in self.missions if str(one.id) == value), value)
        if name == "site_id":
            return next((one.name for one in self.places if one.id == value), value)
        if name == "day":
            return day_short(date.fromisoformat(value)) if _is_day(value) else value
        return _("%(n)s min") % {"n": value} if name == "break_minutes" and value else value


async def choices_of(session: AsyncSession, user: User) -> Choices:
    """Two queries and the sites of each mission."""
    known = await places(session, user)
    chosen = (
        select(Mission)
        .where(Mission.archived_at.is_(None))
        .options(selectinload(Mission.sites))
        .order_by(Mission.title, Mission.id)
    )
    ids = {place.id for place in known}
    missions = [one for one in await session.scalars(chosen) if any(site.id in ids for site in one.sites)]
    return Choices(missions, known)


def texts_of(shift: ShiftFacts) -> dict[str, str]:
    """A shift's values as its form shows them."""
    start, end = clock.local(shift.times.starts_at), clock.local(shift.times.ends_at)
    return {
        "mission_id": str(shift.mission_id),
        "site_id": shift.site_id,
        "day": start.date().isoformat(),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "break_minutes": str(shift.times.break_minutes),
        "capacity": str(shift.capacity),
        "min_staff": str(shift.min_staff),
    }


def read(form: Form, choices: Choices) -> ShiftValues | None:
    """The values typed, or None with an error at each wrong field. An end before the start is the next day's."""
    mission, site = read_place(form, choices)
    starts_at = form.moment("day", "start")
    ends_at = _end(form)
    pause, capacity, min_staff = read_seats(form)
    if not (form.ok and mission and starts_at and ends_at and capacity and min_staff):
        return None
    return ShiftValues(mission, site, starts_at, ends_at, capacity, min_staff, pause)


def read_place(form: Form, choices: Choices) -> tuple[UUID | None, str]:
    """A mission and one of its sites."""
    mission = form.uuid("mission_id")
    if mission and mission not in {one.id for one in choices.missions}:
        form.fail("mission_id", _("Cette mission n’existe pas. Choisissez dans la liste."))
    site = form.choice("site_id", choices.covered)
    if site and mission and not form.errors.get("mission_id") and str(mission) not in choices.covered[site]:
        form.fail("site_id", _("Ce lieu n’est pas dans la mission. Choisissez un de ses lieux."))
    return mission, site


def read_seats(form: Form) -> tuple[int, int | None, int | None]:
    """The break in minutes, the places and their minimum."""
    pause = form.integer("break_minutes", minimum=0, maximum=LONGEST_BREAK, required=False) or 0
    capacity = form.integer("capacity", minimum=1, maximum=MAX_CAPACITY)
    return pause, capacity, form.integer("min_staff", minimum=1, maximum=MAX_CAPACITY)


def _end(form: Form) -> datetime | None:
    day, start, end = form.date("day"), form.time("start"), form.time("end")
    if day is None or start is None or end is None:
        return None
    try:
        return clock.at(last_day(day, start, end), end)
    except (ValueError, OverflowError):
        form.fail("end", _("Cette heure n’existe pas ce jour-là : on passe à l’heure d’été. Choisissez 3 h."))
        return None


def last_day(day: date, start: time, end: time) -> date:
    """The day on which a shift ends: its own, or the next when the end is not after the start."""
    return day if end > start else day + timedelta(days=1)


def tell(form: Form, errors: Mapping[str, str]) -> None:
    """Put what a verb refused at the fields of this form."""
    for name, message in errors.items():
        form.fail(OF_VALUES.get(name, name), message)


def keep_exact(values: ShiftValues, shift: ShiftFacts) -> ShiftValues:
    """Times that read the same as the stored ones stay the stored ones: in October an hour comes twice."""
    starts_at, ends_at = shift.times.starts_at, shift.times.ends_at
    if _reads(values.starts_at) == _reads(starts_at):
        values = replace(values, starts_at=starts_at)
    return replace(values, ends_at=ends_at) if _reads(values.ends_at) == _reads(ends_at) else values


def _reads(moment: datetime) -> datetime:
    return clock.local(moment).replace(tzinfo=None, fold=0)


def pack(texts: Mapping[str, str]) -> str:
    """The values that a form was opened with, in one hidden field."""
    return urlencode(texts)


def unpack(packed: str) -> dict[str, str]:
    """What `pack` wrote; {} for anything else, since it comes back from a browser."""
    try:
        found = dict(parse_qsl(packed, keep_blank_values=True, max_num_fields=len(FIELDS)))
    except ValueError:
        return {}
    return found if set(found) == set(FIELDS) else {}


def merge(form: Form, opened: Mapping[str, str], stored: Mapping[str, str], choices: Choices) -> list[Clash]:
    """Let the other's changes in where nothing was typed here, keep what was typed, and list what the other changed."""
    found = []
    for name in FIELDS:
        before, now = opened.get(name, stored[name]), stored[name]
        if before == now:
            continue
        typed = form.get(name)
        mine = typed not in (before, now)
        if not mine:
            form.lists[name] = [now]
        found.append(
            Clash(
                _(LABELS[name]),
                choices.label(name, before),
                choices.label(name, now),
                choices.label(name, typed) if mine else None,
            )
        )
    return found


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def seen_ids(packed: str) -> Collection[UUID]:
    """The bookings that a confirmation was shown for."""
    found = set()
    for part in packed.split(","):
        try:
            found.add(UUID(part))
        except ValueError:
            continue
    return found
