"""Chance that can be repeated: each part of the demo draws from its own stream."""

from collections.abc import Mapping
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance(Random):
    """A stream named by seed, day and part: a change in one part leaves the draws of the others alone."""

    def uuid(self) -> UUID:
        return UUID(int=self.getrandbits(128), version=4)

    def pick(self, weights: Mapping[T, float]) -> T:
        """One of the keys, each as often as its weight says."""
        return self.choices(list(weights), list(weights.values()))[0]

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def rounded(self, value: float) -> int:
        """A whole number whose average is the value."""
        whole = int(value)
        return whole + self.happens(value - whole)
