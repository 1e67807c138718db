"""A stand that comes back every Wednesday, and a week kept as a template."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from civic import clock
from civic.demo.chance import Chance
from civic.demo.rows import Rows
from civic.shifts.models import Shift, ShiftSeries, WeekTemplate, WeekTemplateLine

if TYPE_CHECKING:
    from civic.demo.shifts import Ground, Planned

SITE, MISSION = "parc-glissoire", "stand"
HOURS = ("15:00", "17:00", 0)
WEDNESDAY = 2
TEMPLATE = "Semaine ordinaire, Lens-Liévin"
MOST_LINES = 12


def add(chance: Chance, ground: "Ground", last: date, planned: Callable[..., "Planned"], rows: Rows) -> list["Planned"]:
    """The series and its coming shifts; closed days and public holidays are skipped, as its form says."""
    mission_id = next(one for one, plan in ground.missions.items() if plan.key == MISSION)
    site = next(site for site in ground.sites if site.id == SITE)
    first = ground.today + timedelta(days=1 + (WEDNESDAY - ground.today.weekday() - 1) % 7)
    series_id = chance.uuid()
    rows.add(
        ShiftSeries,
        {
            "id": series_id,
            "mission_id": mission_id,
            "site_id": site.id,
            "rule": f"FREQ=WEEKLY;INTERVAL=1;BYDAY=WE;UNTIL={last:%Y%m%d}",
            "first_day": first,
            "starts_time": time.fromisoformat(HOURS[0]),
            "ends_time": time.fromisoformat(HOURS[1]),
            "created_at": clock.midnight(ground.today) - timedelta(days=2),
            "created_by_id": ground.people.staff["coordination"],
        },
    )
    days = [
        day
        for day in (first + timedelta(weeks=week) for week in range(5))
        if day <= last and (site.id, day) not in ground.closed and not clock.public_holiday(day)
    ]
    made = [planned(chance, ground, mission_id, site, day, HOURS, 2) for day in days]
    return [replace(one, state="published", series_id=series_id) for one in made]


def template(chance: Chance, ground: "Ground", rows: Rows) -> None:
    """The first shifts of next week in the CALL, without their dates."""
    monday = clock.monday(ground.today) + timedelta(weeks=1)
    start, end = clock.day_bounds(monday, monday + timedelta(days=6))
    near = {site.id for site in ground.sites if site.intermunicipality_code == "CALL"}
    listed = [one for one in rows.of(Shift) if start <= one["starts_at"] < end and one["site_id"] in near]
    template_id = chance.uuid()
    made = {"id": template_id, "name": TEMPLATE, "created_at": clock.midnight(ground.today) - timedelta(days=20)}
    rows.add(WeekTemplate, {**made, "created_by_id": ground.people.staff["coordination"]})
    for one in listed[:MOST_LINES]:
        rows.add(WeekTemplateLine, {"id": chance.uuid(), "template_id": template_id, **_line(one)})


def _line(row: dict[str, Any]) -> dict[str, Any]:
    starts, ends = clock.local(row["starts_at"]), clock.local(row["ends_at"])
    kept = {name: row[name] for name in ("mission_id", "site_id", "break_minutes", "capacity", "min_staff")}
    return {**kept, "weekday": starts.weekday(), "starts_time": starts.time(), "ends_time": ends.time()}
