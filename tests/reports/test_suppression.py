"""An attacker who knows every published total finds no count under its threshold."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp

from civic.reports import suppression
from civic.reports.suppression import Node, Seen, added, hidden_parts, leaves, suppress, threshold, topics

small = st.integers(0, 14)


@st.composite
def trees(draw: st.DrawFn) -> Node:
    """A quarter: areas with their sites, months, feelings, referrals, all of them cuts of one total."""
    areas = {}
    for area in draw(st.lists(st.sampled_from(["CALL", "CAHC", "CABBALR"]), min_size=1, unique=True)):
        sites = {f"{area}-{n}": draw(small) for n in range(draw(st.integers(1, 5)))}
        areas[area] = Node(sum(sites.values()), {"site": leaves(sites)})
    total = sum(area.value for area in areas.values())

    def cut(keys: tuple[str, ...]) -> dict[str, Node]:
        left, parts = total, {}
        for key in keys[:-1]:
            parts[key] = draw(st.integers(0, left))
            left -= parts[key]
        return leaves({**parts, keys[-1]: left})

    return Node(
        total,
        {
            "intermunicipality": areas,
            "month": cut(("07", "08", "09")),
            "feeling": cut(("positif", "neutre", "negatif", "nc")),
            "referral": cut(("acces_soins", "mairie_agglo", "")),
        },
    )


def cells(node: Node, seen: Seen, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int, int | None]]:
    yield path, node.value, seen.value
    for name, parts in node.cuts.items():
        for key, part in parts.items():
            yield from cells(part, seen.cuts[name][key], (*path, name, key))


def attack(node: Node, seen: Seen) -> dict[tuple[str, ...], tuple[float, float]]:
    """The bounds of every hidden count, by linear programming over all that is published and how it adds up."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    known = {path: (value, shown) for path, value, shown in cells(node, seen)}
    unknown = {path: solver.NumVar(0, solver.infinity(), "") for path, (_v, shown) in known.items() if shown is None}
    # A total beyond every bound stands for « no bound ».
    for path in unknown:
        solver.Add(unknown[path] <= 10_000)

    def term(path: tuple[str, ...]) -> object:
        return unknown[path] if path in unknown else known[path][1]

    def add(part: Node, path: tuple[str, ...]) -> None:
        for name, parts in part.cuts.items():
            inside = [(*path, name, key) for key in parts]
            if any(one in unknown for one in (path, *inside)):
                solver.Add(sum(term(one) for one in inside) == term(path))
            for key, one in parts.items():
                add(one, (*path, name, key))

    add(node, ())
    bounds = {}
    for path, variable in unknown.items():
        ends = []
        for direction in (solver.Minimize, solver.Maximize):
            direction(variable)
            assert solver.Solve() == pywraplp.Solver.OPTIMAL
            ends.append(solver.Objective().Value())
        bounds[path] = (ends[0], ends[1])
    return bounds


@rules(max_examples=60)
@given(trees())
def test_no_small_count_follows_from_what_is_published(node: Node) -> None:
    seen = suppress(node)
    for path, value, shown in cells(node, seen):
        assert shown in (None, value)
        assert shown is None or shown >= threshold(path[-1] if path else ""), path
    small_ones = {path: value for path, value, _shown in cells(node, seen) if value < threshold((path or ("",))[-1])}
    for path, (low, high) in attack(node, seen).items():
        if path in small_ones:
            assert high >= threshold((path or ("",))[-1]) - 1e-6, (path, low, high)
            assert low < high - 1e-6, (path, low, high)


def test_the_attack_finds_what_is_hidden_alone() -> None:
    """The control: without complementary suppression, the same attacker finds the small count."""
    node = Node(20, {"site": leaves({"a": 3, "b": 8, "c": 9})})
    naive = Seen(20, {"site": {"a": Seen(None), "b": Seen(8), "c": Seen(9)}})
    assert attack(node, naive)[("site", "a")] == pytest.approx((3, 3))
    assert suppress(node).cuts["site"]["b"].value is None


def test_the_smallest_is_hidden_beside_a_small_one() -> None:
    assert hidden_parts({"a": 3, "b": 8, "c": 9}) == {"a", "b"}
    assert hidden_parts({"a": 2, "b": 1, "c": 6, "d": 9}) == {"a", "b", "c"}, "1 + 2 says that both are small"
    assert hidden_parts({"a": 4, "b": 4, "c": 6}) == {"a", "b"}
    assert hidden_parts({"a": 5, "b": 6}) == set()
    assert hidden_parts({"acces_soins": 10, "aucune": 90}) == {"acces_soins", "aucune"}


def test_the_parts_of_a_hidden_total_are_hidden() -> None:
    area = Node(9, {"site": leaves({"x": 9})})
    seen = suppress(Node(40, {"intermunicipality": {"CALL": area, "CAHC": Node(3), "CABBALR": Node(28)}}))
    assert seen.cuts["intermunicipality"]["CALL"].cuts["site"]["x"].value is None


KEYS = ("parks", "water", "health_access", "culture", "site_state")
PILLARS = {"parks": "archipel_vert", "water": "archipel_vert", "health_access": "resilience", "culture": "resilience"}
said = st.lists(st.sets(st.sampled_from(KEYS), min_size=1, max_size=3), max_size=40)


def published(world: list[set[str]]) -> tuple[suppression.Shown, suppression.Shown]:
    counts = {key: sum(key in one for one in world) for key in KEYS}
    pillars = {
        name: sum(any(PILLARS.get(key) == name for key in one) for one in world) for name in set(PILLARS.values())
    }
    return topics(len(world), counts, PILLARS, pillars)


@given(said)
def test_another_world_with_a_large_topic_explains_what_is_published(world: list[set[str]]) -> None:
    shown, pillars = published(world)
    assert all(value is None or value >= threshold(key) for key, value in shown.items())
    assert all(value is None or value >= 5 for value in pillars.values())
    if all(value is None for value in shown.values()):
        return
    for key in (key for key, value in shown.items() if value is None):
        other = [set(one) for one in world]
        for one in other:
            if sum(key in each for each in other) >= threshold(key):
                break
            if len(one) < 3:
                one.add(key)
        counts = {name: sum(name in one for one in other) for name in KEYS}
        assert counts[key] >= threshold(key)
        assert all(shown[name] in (None, counts[name]) for name in KEYS if name != key)
        for pillar, value in pillars.items():
            again = sum(any(PILLARS.get(name) == pillar for name in one) for one in other)
            assert value in (None, again), "the pillar of a hidden topic is hidden with it"


@given(st.lists(st.one_of(st.none(), st.integers(5, 50)), max_size=4))
def test_a_longer_period_adds_only_what_was_published(values: list[int | None]) -> None:
    total = added(values)
    assert (total is None) == (not values or None in values)


def test_every_sensitive_key_has_the_higher_threshold() -> None:
    assert [threshold(key) for key in ("health_access", "acces_soins", "parks", "")] == [11, 11, 5, 5]
    for first, second in product(range(12), repeat=2):
        hidden = hidden_parts({"acces_soins": first, "aucune": second})
        assert ("acces_soins" in hidden) == (first < 11 or "aucune" in hidden)
