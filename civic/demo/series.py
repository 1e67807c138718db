"""Shifts that come back (a stand, a museum, a round), and weeks kept as templates."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from civic import clock
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.shifts.models import Shift, ShiftSeries, WeekTemplate, WeekTemplateLine
from civic.shifts.recurrence import Rhythm, days_of, to_rule

if TYPE_CHECKING:
    from civic.demo.shifts import Ground, Planned


@dataclass(frozen=True, slots=True)
class Plan:
    """Shifts that come back on a weekday (Monday is 0), every `every` weeks."""

    site: str
    mission: str
    weekday: int
    every: int
    hours: tuple[str, str, int]


PLANS = (
    Plan("parc-glissoire", "stand", 2, 1, ("15:00", "17:00", 0)),
    Plan("louvre-lens", "culture", 4, 1, ("14:00", "17:00", 0)),
    Plan("parc-iles", "henin", 5, 2, ("10:00", "12:30", 0)),
)
TEMPLATES = (("CALL", "Semaine ordinaire, Lens-Liévin"), ("CAHC", "Week-end et mercredi, Hénin-Carvin"))
# The second template keeps these days alone.
BUSY = {"CAHC": (2, 5, 6)}
MOST_LINES = 12


def add(ground: "Ground", last: date, planned: Callable[..., "Planned"], rows: Rows) -> list["Planned"]:
    """The series and their coming shifts; closed days and public holidays are skipped, as their form says."""
    made: list[Planned] = []
    for number, plan in enumerate(PLANS):
        # Each by a chance of its own: one more series leaves the others as they are.
        chance = Chance(f"series {ground.today}" + (f" {number}" if number else ""))
        made += _series(chance, ground, plan, last, planned, rows)
    return made


def _series(
    chance: Chance, ground: "Ground", plan: Plan, last: date, planned: Callable[..., "Planned"], rows: Rows
) -> list["Planned"]:
    mission_id = next(one for one, mission in ground.missions.items() if mission.key == plan.mission)
    site = next(site for site in ground.sites if site.id == plan.site)
    first = ground.today + timedelta(days=1 + (plan.weekday - ground.today.weekday() - 1) % 7)
    series_id = chance.uuid()
    rhythm = Rhythm((plan.weekday,), every=plan.every, until=last)
    rows.add(
        ShiftSeries,
        {
            "id": series_id,
            "mission_id": mission_id,
            "site_id": site.id,
            "rule": to_rule(rhythm),
            "first_day": first,
            "starts_time": time.fromisoformat(plan.hours[0]),
            "ends_time": time.fromisoformat(plan.hours[1]),
            "created_at": clock.midnight(ground.today) - timedelta(days=2),
            "created_by_id": ground.people.staff["coordination"],
        },
    )
    days = [
        day
        for day in days_of(to_rule(rhythm), first)
        if (site.id, day) not in ground.closed and not clock.public_holiday(day)
    ]
    made = [planned(chance, ground, mission_id, site, day, plan.hours, 2) for day in days]
    return [replace(one, state="published", series_id=series_id) for one in made]


def templates(chance: Chance, ground: "Ground", rows: Rows) -> None:
    """The first shifts of next week in an intermunicipality, without their dates, twice."""
    monday = clock.monday(ground.today) + timedelta(weeks=1)
    start, end = clock.day_bounds(monday, monday + timedelta(days=6))
    coming = [one for one in rows.of(Shift) if start <= one["starts_at"] < end]
    for code, name in TEMPLATES:
        near = {site.id for site in ground.sites if site.intermunicipality_code == code}
        days = BUSY.get(code, range(7))
        lines = [_line(one) for one in coming if one["site_id"] in near]
        template_id = chance.uuid()
        made = {"id": template_id, "name": name, "created_at": clock.midnight(ground.today) - timedelta(days=20)}
        rows.add(WeekTemplate, {**made, "created_by_id": ground.people.staff["coordination"]})
        for line in [one for one in lines if one["weekday"] in days][:MOST_LINES]:
            rows.add(WeekTemplateLine, {"id": chance.uuid(), "template_id": template_id, **line})


def _line(row: dict[str, Any]) -> dict[str, Any]:
    starts, ends = clock.local(row["starts_at"]), clock.local(row["ends_at"])
    kept = {name: row[name] for name in ("mission_id", "site_id", "break_minutes", "capacity", "min_staff")}
    return {**kept, "weekday": starts.weekday(), "starts_time": starts.time(), "ends_time": ends.time()}
