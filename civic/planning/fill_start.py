"""A first assignment, one fitting place after the other: the solver begins from it instead of from nothing."""

from collections import defaultdict
from typing import Any


def greedy(problem: dict[str, Any]) -> set[int]:
    """Numbers that fit together. Sums and days bind always here, so it is never less strict than the problem."""
    room = _Room(problem)
    alone = {index for index, _others in problem["company"]}
    chosen: set[int] = set()
    for place in sorted(problem["shifts"], key=lambda one: len(one["pairs"])):
        taken: list[int] = []
        # Minors last: they need somebody beside them.
        for index in sorted(
            place["pairs"], key=lambda one: (one in alone, room.load(one), -problem["gains"][one], one)
        ):
            if len(taken) < place["free"] and room.fits(index) and (index not in alone or taken):
                room.take(index)
                taken.append(index)
        chosen.update(taken)
    return chosen


class _Room:
    """What is left of every limit as places are taken."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.groups: defaultdict[int, list[int]] = defaultdict(list)
        self.used: set[int] = set()
        for number, indices in enumerate(problem["at_most_one"]):
            for index in indices:
                self.groups[index].append(number)
        self.sums: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.left = [one["room"] for one in problem["sums"]]
        for number, one in enumerate(problem["sums"]):
            for index, amount in one["pairs"]:
                self.sums[index].append((number, amount))
        self.weeks: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.busy = [list(one["held"]) for one in problem["busy"]]
        self.caps = [
            (min(cap for cap, _b in one["caps"]), max((w for w, _b in one["rests"]), default=0))
            for one in problem["busy"]
        ]
        for number, one in enumerate(problem["busy"]):
            for day, indices in enumerate(one["days"]):
                for index in indices:
                    self.weeks[index].append((number, day))
        self.hours: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.loads = [held - target for _parts, held, target in problem["weeks"]]
        for number, (parts, _held, _target) in enumerate(problem["weeks"]):
            for index, minutes in parts:
                self.hours[index].append((number, minutes))

    def load(self, index: int) -> int:
        """Minutes of the person's week beyond the contract, as far as it is filled."""
        return max((self.loads[number] for number, _minutes in self.hours[index]), default=0)

    def fits(self, index: int) -> bool:
        free = not any(group in self.used for group in self.groups[index])
        return free and all(amount <= self.left[number] for number, amount in self.sums[index]) and self._rested(index)

    def _rested(self, index: int) -> bool:
        for number in {number for number, _day in self.weeks[index]}:
            days = list(self.busy[number])
            for week, day in self.weeks[index]:
                if week == number:
                    days[day] = True
            cap, rest = self.caps[number]
            if sum(days) > cap or _longest_free(days) < rest:
                return False
        return True

    def take(self, index: int) -> None:
        self.used.update(self.groups[index])
        for number, amount in self.sums[index]:
            self.left[number] -= amount
        for number, day in self.weeks[index]:
            self.busy[number][day] = True
        for number, minutes in self.hours[index]:
            self.loads[number] += minutes


def _longest_free(days: list[bool]) -> int:
    longest = run = 0
    for busy in days:
        run = 0 if busy else run + 1
        longest = max(longest, run)
    return longest
