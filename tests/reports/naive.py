"""The figures again, counted one row at a time from a World, without a database and without the product's own sums."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from civic.clock import local
from civic.encounters.codes import AGES, TOPICS
from civic.reports.filters import Filters
from tests.factories.reports import Row, World


class Naive:
    """Everything about one period of a world, under filters."""

    def __init__(self, world: World, filters: Filters, cut_off: datetime, first: date, last: date) -> None:
        self.world, self.filters, self.first, self.last = world, filters, first, last
        self.shift_of = {shift["id"]: shift for shift in world.shifts}
        self.topics_of: dict[Any, list[str]] = {}
        for row in world.topics:
            self.topics_of.setdefault(row["encounter_id"], []).append(row["topic_code"])
        self.encounters = [e for e in world.encounters if self._met(e)]
        self.shifts = [s for s in world.shifts if self._served(s) and s["ends_at"] <= cut_off]
        self.outings = [o for o in world.outings if self._went(o)]

    def _here(self, row: Row) -> bool:
        filters = self.filters
        area = self.world.areas[row["site_id"]]
        return (
            (not filters.site or row["site_id"] == filters.site)
            and (not filters.intermunicipality or area == filters.intermunicipality)
            and (not filters.scope or area in filters.scope)
        )

    def _mission(self, shift_id: Any) -> Any:
        return self.shift_of[shift_id]["mission_id"] if shift_id else None

    def _met(self, row: Row) -> bool:
        topics = self.topics_of[row["id"]]
        filters = self.filters
        return (
            self._here(row)
            and self.first <= row["date"] <= self.last
            and row["status"] != "voided"
            and (not filters.topic or filters.topic in topics)
            and (not filters.age or row[filters.age] > 0)
            and (not filters.pillar or any(TOPICS[code][1] == filters.pillar for code in topics))
            and (not filters.mission or self._mission(row["shift_id"]) == filters.mission)
        )

    def _people(self, rows: list[Row]) -> int:
        """Under an age only its own bracket counts."""
        return sum(row[self.filters.age or "people_count"] for row in rows)

    def _of_mission(self, mission: Any) -> bool:
        filters = self.filters
        return (not filters.mission or mission == filters.mission) and (
            not filters.pillar or self.world.pillars.get(mission) == filters.pillar
        )

    def _served(self, row: Row) -> bool:
        within = self.first <= local(row["starts_at"]).date() <= self.last
        return self._here(row) and within and row["state"] == "published" and self._of_mission(row["mission_id"])

    def _went(self, row: Row) -> bool:
        within = self.first <= row["date"] <= self.last
        return self._here(row) and within and not row["voided_at"] and self._of_mission(self._mission(row["shift_id"]))

    def figures(self) -> dict[str, float | None]:
        confirmed, present, hours, held, paired = 0, 0, 0.0, [], 0
        noted = {row["booking_id"]: row for row in self.world.attendances}
        for shift in self.shifts:
            seats = [b for b in self.world.bookings if b["shift_id"] == shift["id"] and b["state"] == "confirmed"]
            there = [noted[b["id"]] for b in seats if b["id"] in noted and noted[b["id"]]["state"] == "present"]
            more = [b for b in self.world.bookings if b["shift_id"] == shift["id"] and b["state"] == "walk_in"]
            # Who came without a place served, but fills none.
            came = there + [noted[b["id"]] for b in more if noted[b["id"]]["state"] == "present"]
            confirmed += len(seats)
            present += len(there)
            hours += sum(float(row["hours"]) for row in came)
            if came:
                held.append(shift)
            paired += len(came) >= 2
        both = [o for o in self.outings if o["approached_count"] is not None and o["refused_count"] is not None]
        feelings = [e["feeling"] for e in self.encounters if e["feeling"] != "nc"]
        met_only = self.filters.topic or self.filters.age
        # Under a topic or an age only encounters cover a site: a shift has neither.
        sites = {e["site_id"] for e in self.encounters} | {s["site_id"] for s in held if not met_only}
        shift_figures = {
            "shifts_held": len(held),
            "volunteer_hours": round(hours, 2),
            "fill_rate": _share(confirmed, sum(s["capacity"] for s in self.shifts)),
            "attendance_rate": _share(present, confirmed),
            "pair_rate": _share(paired, len(held)),
            "outings": len(self.outings),
            "approached": sum(o["approached_count"] or 0 for o in self.outings),
            "refusal_rate": _share(sum(o["refused_count"] for o in both), sum(o["approached_count"] for o in both)),
        }
        return {
            **{code: None if met_only else value for code, value in shift_figures.items()},
            "sites_covered": len(sites),
            "encounters": len(self.encounters),
            "people_met": self._people(self.encounters),
            "feeling_balance": _share(feelings.count("positif") - feelings.count("negatif"), len(feelings)),
        }

    def lists(self) -> dict[str, dict[str, tuple[int, int, float | None]]]:
        """`by_*` → key → encounters, people, share; keys without an encounter left out."""
        groups: dict[str, dict[str, list[Row]]] = {
            name: {} for name in ("by_site", "by_topic", "by_pillar", "by_month")
        }
        ages: dict[str, tuple[int, int, float | None]] = {}
        for row in self.encounters:
            codes = self.topics_of[row["id"]]
            groups["by_site"].setdefault(row["site_id"], []).append(row)
            groups["by_month"].setdefault(f"{row['date']:%Y-%m}", []).append(row)
            for code in codes:
                groups["by_topic"].setdefault(code, []).append(row)
            for pillar in {TOPICS[code][1] for code in codes} - {None}:
                groups["by_pillar"].setdefault(str(pillar), []).append(row)
        everybody = self._people(self.encounters)
        for code in [self.filters.age] if self.filters.age else AGES:
            people = sum(e[code] for e in self.encounters)
            if people:
                ages[code] = (sum(1 for e in self.encounters if e[code]), people, _share(people, everybody))
        counted = {
            name: {
                key: (len(rows), self._people(rows), _share(len(rows), len(self.encounters)))
                for key, rows in group.items()
            }
            for name, group in groups.items()
        }
        return {**counted, "by_age": ages}

    def breakdowns(self) -> dict[str, dict[str, int]]:
        """`by_*` → value → encounters; "none" for what was not said."""
        return {
            f"by_{facet}": dict(Counter(row[facet] or "none" for row in self.encounters))
            for facet in ("feeling", "contact_origin", "origin_zone", "half_day")
        }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
