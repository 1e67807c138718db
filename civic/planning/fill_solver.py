"""The model: the one file that knows OR-Tools. A problem in plain numbers in, chosen numbers out.

One worker, a seed and a limit of deterministic time (the solver's own count of work, not the clock): the same problem
gives the same answer, however busy the machine is.
"""

import time
from collections.abc import Callable
from typing import Any

from ortools.sat.python import cp_model

from civic.planning.fill_start import greedy

# Points, as in fill_wishes: a place filled is worth PLACE, a shift brought to its minimum COMPLETE more.
PLACE, COMPLETE = 10_000, 6_000
# Per hour away from the contract's week, and as much again per hour beyond a tenth more than it.
HOUR = 12
WEEKEND, KILOMETRE, SAME_DAY = 25, 1, 60
NEWCOMERS, APART, TOGETHER = 150, 8_000, 80
EFFORT = 1.6
# Pairs from which a week is large.
LARGE = 3_000
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)

Progress = Callable[[int, float, float, list[int]], None]


def solve(problem: dict[str, Any], tell: Progress, effort: float = EFFORT) -> dict[str, Any]:
    """The chosen numbers, the places filled, the value and its proven bound; `tell` hears of every better answer."""
    made = _Model(problem)
    first = made.begin_from(greedy(problem))
    most = highest(problem)
    solver = cp_model.CpSolver()
    options = solver.parameters
    options.num_workers = 1
    options.random_seed = int(problem.get("seed", 1))
    options.max_deterministic_time = effort
    options.interleave_search = True
    # In a large week looking again and again at a part of it finds more than looking at the whole.
    options.use_lns_only = len(made.picks) > LARGE
    heard = _Listener(made, tell, most)
    solver.best_bound_callback = heard.bound
    best, bound = first, float(most)
    if solver.solve(made.model, heard) in FOUND:
        best, bound = solver, min(solver.best_objective_bound, most)
    if best is None:
        return {"chosen": [], "places": 0, "value": 0, "bound": bound}
    chosen = [index for index, pick in enumerate(made.picks) if best.boolean_value(pick)]
    return {"chosen": chosen, "places": len(chosen), "value": best.objective_value, "bound": bound}


def highest(problem: dict[str, Any]) -> int:
    """What no assignment can pass: the best of each shift by itself, all points to be lost left out."""
    found = TOGETHER * len(problem["together"])
    for one in problem["shifts"]:
        points = sorted((PLACE + problem["gains"][index] for index in one["pairs"]), reverse=True)
        found += sum(points[: one["free"]])
        found += COMPLETE if 0 < one["missing"] <= len(points) else 0
    return found


class _Listener(cp_model.CpSolverSolutionCallback):
    """Tells every better answer and every better bound, at most a few times a second."""

    def __init__(self, made: "_Model", tell: Progress, most: float) -> None:
        super().__init__()
        self.made, self.tell, self.most = made, tell, most
        self.reached, self.proven, self.chosen = 0.0, 0.0, list[int]()
        self.told = 0.0

    def on_solution_callback(self) -> None:
        self.chosen = [index for index, pick in enumerate(self.made.picks) if self.boolean_value(pick)]
        self.reached, self.proven = self.objective_value, self.best_objective_bound
        self._say()

    def bound(self, bound: float) -> None:
        self.proven = bound
        self._say()

    def _say(self) -> None:
        if self.chosen and time.monotonic() - self.told > 0.2:
            self.told = time.monotonic()
            self.tell(len(self.chosen), self.reached, min(self.proven, self.most), self.chosen)


class _Model:
    """The constraints and the sum of points."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.model = cp_model.CpModel()
        self.picks = [self.model.new_bool_var("") for _ in problem["gains"]]
        self.points: list[Any] = [PLACE + gain for gain in problem["gains"]]
        self.terms: list[Any] = list(self.picks)
        self._laws(problem)
        self._places(problem)
        self._people(problem)
        self._shares(problem)
        self.model.maximize(cp_model.LinearExpr.weighted_sum(self.terms, self.points))

    def begin_from(self, first: set[int]) -> cp_model.CpSolver | None:
        """Hint a whole assignment: with the picks fixed, everything that hangs on them is worked out in a moment."""
        fixed = self.model.clone()
        for index, pick in enumerate(self.picks):
            fixed.add(fixed.get_bool_var_from_proto_index(pick.index) == (index in first))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = EFFORT
        if solver.solve(fixed) not in FOUND:
            return None
        for index, value in enumerate(solver.response_proto.solution):
            self.model.add_hint(self.model.get_int_var_from_proto_index(index), value)
        return solver

    def _add(self, term: Any, points: int) -> None:
        self.terms.append(term)
        self.points.append(points)

    def _chosen(self, indices: list[int]) -> Any:
        return cp_model.LinearExpr.sum([self.picks[index] for index in indices])

    def _weighed(self, parts: list[Any]) -> Any:
        return cp_model.LinearExpr.weighted_sum([self.picks[i] for i, _ in parts], [amount for _, amount in parts])

    def _any(self, indices: list[int]) -> Any:
        """A switch that is on as soon as one of these is chosen."""
        switch = self.model.new_bool_var("")
        for index in indices:
            self.model.add_implication(self.picks[index], switch)
        return switch

    def _laws(self, problem: dict[str, Any]) -> None:
        for indices in problem["at_most_one"]:
            self.model.add_at_most_one(self.picks[index] for index in indices)
        for one in problem["sums"]:
            bounded = self.model.add(self._weighed(one["pairs"]) <= one["room"])
            if one["when"] is not None:
                bounded.only_enforce_if(self._any(one["when"]))
        for one in problem["busy"]:
            self._busy(one)
        for index, others in problem["company"]:
            self.model.add(self._chosen(others) >= 1).only_enforce_if(self.picks[index])

    def _busy(self, week: dict[str, Any]) -> None:
        held, possible = (
            week["held"],
            sum(bool(day) or held for day, held in zip(week["days"], week["held"], strict=True)),
        )
        if not week["rests"] and all(possible <= cap for cap, _bound in week["caps"]):
            return
        days = [1 if busy else self._any(indices) for indices, busy in zip(week["days"], held, strict=True)]
        for cap, bound in week["caps"]:
            if possible > cap:
                capped = self.model.add(sum(days) <= cap)
                if bound is not None:
                    capped.only_enforce_if(self._any(bound))
        for wanted, bound in week["rests"]:
            rests = []
            for first in range(8 - wanted):
                rest = self.model.new_bool_var("")
                for day in days[first : first + wanted]:
                    self.model.add(day == 0).only_enforce_if(rest)
                rests.append(rest)
            self.model.add_bool_or(rests).only_enforce_if(self._any(bound))

    def _places(self, problem: dict[str, Any]) -> None:
        for one in problem["shifts"]:
            seats = self._chosen(one["pairs"])
            if len(one["pairs"]) > one["free"]:
                self.model.add(seats <= one["free"])
            if 0 < one["missing"] <= len(one["pairs"]):
                full = self.model.new_bool_var("")
                self.model.add(seats >= one["missing"] * full)
                self._add(full, COMPLETE)

    def _people(self, problem: dict[str, Any]) -> None:
        """Newcomers with nobody experienced, and the wishes of pairs."""
        for new, experienced in problem["newcomers"]:
            lost = self.model.new_bool_var("")
            known = self._chosen(experienced)
            for index in new:
                self.model.add(known + lost >= self.picks[index])
            self._add(lost, -NEWCOMERS)
        for first, second in problem["apart"]:
            broken = self.model.new_bool_var("")
            self.model.add(self.picks[first] + self.picks[second] <= 1 + broken)
            self._add(broken, -APART)
        for first, second in problem["together"]:
            both = self.model.new_bool_var("")
            self.model.add_implication(both, self.picks[first])
            self.model.add_implication(both, self.picks[second])
            self._add(both, TOGETHER)

    def _shares(self, problem: dict[str, Any]) -> None:
        for parts, held, target in problem["weeks"]:
            most = held + sum(minutes for _index, minutes in parts)
            hours = self._weighed(parts) + held
            # Divided by five, so that the points of an hour stay whole: twelve steps of five minutes.
            # Further below costs more: two people with half of their hours come before one with all and one with none.
            for limit in (target, target * 3 // 4, target // 2, target // 4):
                if held < limit:
                    below = self.model.new_int_var(0, limit, "")
                    self.model.add(5 * below >= limit - hours)
                    self._add(below, -HOUR // 12)
            for limit in (target, target * 11 // 10):
                if most > limit:
                    above = self.model.new_int_var(0, most, "")
                    self.model.add(5 * above >= hours - limit)
                    self._add(above, -HOUR // 12)
        for indices, held in problem["weekends"]:
            # Each weekend shift more costs more than the one before: two for each before four for one.
            for before in range(1, min(4, held + len(indices))):
                self._beyond(self._chosen(indices) + held, before, held + len(indices), WEEKEND)
        for parts, fair in problem["distances"]:
            self._beyond(self._weighed(parts), fair, sum(amount for _index, amount in parts), KILOMETRE)
        for indices, held in problem["same_day"]:
            self._beyond(self._chosen(indices) + held, 1, held + len(indices), SAME_DAY)

    def _beyond(self, amount: Any, limit: int, most: int, points: int) -> None:
        if most <= limit:
            return
        over = self.model.new_int_var(0, most, "")
        self.model.add(over >= amount - limit)
        self._add(over, -points)
