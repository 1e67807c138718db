"""What a file of shifts would do: created, changed, the same or refused, by the rules of the planning's own form."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.bookings import changes
from civic.i18n import _, ngettext
from civic.imports.columns import Line, Problem
from civic.imports.plan import Change, Plan, Planned, refused
from civic.imports.shift_columns import COLUMNS, STATES
from civic.imports.shift_lines import Placed, Wanted, label_of, understand
from civic.imports.shift_world import Known, World, load_places, load_shifts
from civic.shifts import rules
from civic.shifts.bulk import Draft
from civic.shifts.models import Shift
from civic.shifts.values import ShiftValues

LABELS = {column.code: column.label for column in COLUMNS} | {"mission_id": "Mission", "site_id": "Lieu"}
# Columns of the values, and the file's column that each is read from.
SOURCES = {"mission_id": "mission", "site_id": "site"}


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to a shift that stands; `booked` takes the door that judges every place again."""

    id: UUID
    values: ShiftValues
    publish: bool
    reference: str | None
    booked: bool


async def plan(session: AsyncSession, by: User, lines: Sequence[Line]) -> Plan:
    """Compare lines with what stands. Writes nothing; what takes processor time runs in a thread."""
    world = await load_places(session)
    wanted = await to_thread.run_sync(lambda: [understand(line, world) for line in lines])
    ids = {one.values["id"] for one in lines if "id" in one.values}
    references = {one.values["reference"] for one in lines if "reference" in one.values}
    starts = [one.times[0] for one in wanted if one.times]
    await load_shifts(session, world, ids, references, starts)
    planned = await to_thread.run_sync(_weigh_all, wanted, world, by, clock.now())
    return Plan([await _judged(session, one) for one in planned])


def _weigh_all(wanted: Sequence[Wanted], world: World, by: User, now: datetime) -> list[Planned]:
    taken: dict[Any, int] = {}
    return [_weigh(one, world, by, now, taken) for one in wanted]


def _weigh(one: Wanted, world: World, by: User, now: datetime, taken: dict[Any, int]) -> Planned:
    line, label = one.line, label_of(one, world)
    placed = one.placed
    if line.problems or placed is None:
        return refused(line, label)
    standing = _standing(placed, world)
    if line.problems:
        return refused(line, label)
    _refuse_twice(placed, standing, taken)
    values = _values(placed, standing)
    _check_place(line, values, standing, world, by)
    for code, reason in rules.problems_of(values).items():
        line.wrong(SOURCES.get(code, code), reason)
    if standing is None:
        if line.values.get("state") == "cancelled":
            line.wrong("state", _("Ce créneau annulé n’existe pas ici : retirez la ligne."))
        for code, reason in rules.too_old(values.starts_at, now).items():
            line.wrong("date" if "date" in line.typed else code, reason)
    if line.problems:
        return refused(line, label)
    publish = line.values.get("state") == "published"
    if standing is None:
        draft = Draft(values, publish, line.values.get("reference"))
        return Planned(line.number, label, "created", work=draft, detail=_detail(values, publish, world))
    return _edited(line, label, standing, values, world, now)


def _detail(values: ShiftValues, publish: bool, world: World) -> str:
    places = ngettext("%(n)s place", "%(n)s places", values.capacity) % {"n": values.capacity}
    told = [world.titles[values.mission_id], places, _(STATES["published" if publish else "draft"])]
    if world.closed(values.site_id, values.starts_at, values.ends_at):
        told.append(_("attention, lieu fermé ce jour-là"))
    return " · ".join(told)


def _standing(one: Placed, world: World) -> Known | None:
    """The shift that a line means: by its id, else its reference, else mission, place and start."""
    line = one.line
    if "id" in line.values:
        found = world.by_id.get(line.values["id"])
        if found is None:
            line.wrong("id", _("Cet identifiant n’existe pas. Laissez la case vide pour un nouveau créneau."))
        return found
    reference = line.values.get("reference")
    if reference is not None and reference in world.by_reference:
        return world.by_reference[reference]
    there = world.by_time.get(one.moment, [])
    # Under another reference it is another shift that begins at the same time.
    mine = [shift for shift in there if reference is None or shift.reference is None]
    live = [shift for shift in mine if shift.state != "cancelled"]
    if len(live) > 1:
        # A line without a reference is first the shift that nobody gave one.
        live = [shift for shift in live if shift.reference is None] or live
    if len(live) > 1:
        line.wrong(
            "starts_at", _("Plusieurs créneaux commencent ici à cette heure : donnez la référence ou l’identifiant.")
        )
    return next(iter(live or mine), None)


def _refuse_twice(one: Placed, standing: Known | None, taken: dict[Any, int]) -> None:
    """Two lines of one file never mean the same shift."""
    name = standing.id if standing else one.line.values.get("reference", one.moment)
    first = taken.setdefault(name, one.line.number)
    if first != one.line.number:
        one.line.wrong("", _("C’est le même créneau qu’à la ligne %(n)s. Gardez une des deux.") % {"n": first})


def _values(one: Placed, standing: Known | None) -> ShiftValues:
    """The line's values; what it leaves empty is as it stands, or as the planning's form begins."""
    given, known = one.line.values, standing.values if standing else None
    capacity = given.get("capacity", known.capacity if known else 2)
    return ShiftValues(
        mission_id=one.mission_id,
        site_id=one.site_id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        capacity=capacity,
        min_staff=given.get("min_staff", known.min_staff if known else min(2, capacity)),
        break_minutes=given.get("break_minutes", known.break_minutes if known else 0),
    )


def _check_place(line: Line, values: ShiftValues, standing: Known | None, world: World, by: User) -> None:
    site = world.sites[values.site_id]
    if not by.covers(site.intermunicipality):
        line.wrong("site", _("Ce lieu est hors de votre périmètre."))
    elif standing and not by.covers(world.sites[standing.values.site_id].intermunicipality):
        line.wrong("", _("Ce créneau est hors de votre périmètre."))
    elif site.archived:
        line.wrong("site", _("Ce lieu est archivé."))
    elif (values.mission_id, values.site_id) not in world.allowed:
        line.wrong("site", _("Ce lieu n’est pas dans la mission. Ajoutez-le à la mission, ou changez la ligne."))
    _check_period(line, values, standing, world)


def _check_period(line: Line, values: ShiftValues, standing: Known | None, world: World) -> None:
    """What stands stays, as in the file of an export; a new shift, or a new day, is one of its mission's period."""
    moved = standing is None or (standing.values.mission_id, standing.values.starts_at) != (
        values.mission_id,
        values.starts_at,
    )
    outside = rules.outside_period(values.starts_at, *world.periods[values.mission_id]) if moved else ""
    if outside:
        line.wrong("date" if "date" in line.typed else "starts_at", outside)


def _edited(line: Line, label: str, standing: Known, values: ShiftValues, world: World, now: datetime) -> Planned:
    state, reference = line.values.get("state", standing.state), line.values.get("reference")
    found = _changes(standing.values, values, world)
    if reference is not None and reference != standing.reference:
        found.append(Change(_(LABELS["reference"]), standing.reference or "–", reference))
    if (standing.state, state) == ("draft", "published"):
        found.append(Change(_(LABELS["state"]), _(STATES["draft"]), _(STATES["published"])))
    if standing.state == "cancelled" and (found or line.values.get("state") != "cancelled"):
        line.wrong("", _("Ce créneau est annulé. Retirez la ligne, ou créez-le à la main."))
    elif state == "cancelled" != standing.state:
        line.wrong("state", _("Un fichier n’annule pas de créneau : faites-le à la main, avec la raison."))
    elif state == "draft" and standing.state == "published":
        line.wrong("state", _("Un créneau publié ne redevient pas un brouillon : annulez-le à la main."))
    elif values != standing.values and standing.state == "published" and standing.values.starts_at <= now:
        line.wrong("", _("Ce créneau a déjà commencé : il ne se modifie plus."))
    if line.problems:
        return refused(line, label)
    if not found:
        return Planned(line.number, label, "same")
    publish = state == "published" and standing.state == "draft"
    new_name = reference if reference != standing.reference else None
    edit = Edit(standing.id, values, publish, new_name, standing.id in world.booked)
    return Planned(line.number, label, "changed", changes=tuple(found), work=edit)


def _changes(before: ShiftValues, after: ShiftValues, world: World) -> list[Change]:
    return [
        Change(_(LABELS[name]), _shown(name, getattr(before, name), world), _shown(name, getattr(after, name), world))
        for name in ShiftValues.__slots__
        if getattr(before, name) != getattr(after, name)
    ]


def _shown(name: str, value: Any, world: World) -> str:
    if name == "mission_id":
        return world.titles.get(value, "–")
    if name == "site_id":
        return world.sites[value].name
    if isinstance(value, datetime):
        return f"{clock.local(value):%d/%m/%Y %H:%M}"
    return str(value)


async def _judged(session: AsyncSession, planned: Planned) -> Planned:
    """An edit that would cost somebody their place is refused: that is decided by hand, face to face with the list."""
    edit = planned.work
    if not isinstance(edit, Edit) or not edit.booked:
        return planned
    shift = await session.get(Shift, edit.id)
    if shift is None:
        return planned
    judged = await changes.preview(session, shift=shift, values=edit.values)
    if not judged.affected:
        return planned
    told = [
        Problem("", one.held.volunteer_name, one.finding.title)
        for one in sorted(judged.affected, key=lambda one: one.held.volunteer_name)
    ]
    asked = Problem("", "", _("Ce changement coûterait une place : faites-le à la main, sur la page du créneau."))
    return replace(planned, outcome="refused", changes=(), problems=(asked, *told), work=None)
