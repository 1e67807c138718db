"""The map without tiles: places on a plane, an outline of each intermunicipality, points that do not hide one another.

Pure: points in, places of a drawing out. One unit is about a twentieth of a kilometre.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, pi, radians, sin

from civic.sites.models import Commune, Site

WIDTH = 1000
MARGIN = 44
# Two points nearer than this are pushed apart, so that a finger or an eye tells one from the other.
APART = 25.0
ROUNDS = 80
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place as drawn; `moved` says that it was pushed aside from where it lies."""

    site: Site
    x: float
    y: float
    moved: bool


@dataclass(frozen=True, slots=True)
class Area:
    """An intermunicipality's outline: the hull of its communes' centres; `label` is where its name stands."""

    code: str
    outline: str
    label: Point


@dataclass(frozen=True, slots=True)
class Chart:
    height: int
    areas: list[Area]
    marks: list[Mark]


def chart(communes: Sequence[Commune], sites: Sequence[Site]) -> Chart:
    """Everything in one drawing WIDTH wide, north up."""
    places = [*((one.lat, one.lon) for one in communes), *((one.lat, one.lon) for one in sites)]
    if not places:
        return Chart(0, [], [])
    south, north = min(lat for lat, _ in places), max(lat for lat, _ in places)
    west, east = min(lon for _, lon in places), max(lon for _, lon in places)
    squeeze = cos(radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * squeeze, 0.05)

    def on_plane(lat: float, lon: float) -> Point:
        return MARGIN + (lon - west) * squeeze * scale, MARGIN + (north - lat) * scale

    codes = sorted({one.intermunicipality_code for one in communes})
    areas = [
        _area(code, [on_plane(one.lat, one.lon) for one in communes if one.intermunicipality_code == code])
        for code in codes
    ]
    height = round((north - south) * scale + 2 * MARGIN)
    where = [on_plane(site.lat, site.lon) for site in sites]
    marks = [
        Mark(site, round(x, 1), round(y, 1), hypot(x - was[0], y - was[1]) > 1)
        for site, was, (x, y) in zip(sites, where, spread(where, WIDTH, height), strict=True)
    ]
    return Chart(height, areas, marks)


def _area(code: str, points: list[Point]) -> Area:
    around = hull(points)
    middle = sum(x for x, _ in points) / len(points), min(y for _, y in points)
    return Area(code, " ".join(f"{x:.0f},{y:.0f}" for x, y in around), (round(middle[0]), round(middle[1])))


def hull(points: Iterable[Point]) -> list[Point]:
    """The smallest convex outline around some points, in order (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(along: Iterable[Point]) -> list[Point]:
        chain: list[Point] = []
        for point in along:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return half(ordered) + half(reversed(ordered))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def spread(points: Sequence[Point], width: float, height: float, apart: float = APART) -> list[Point]:
    """The same points pushed apart by as little as it takes, inside the drawing. The same in gives the same out."""
    return list(_spread(tuple(points), width, height, apart))


# Some milliseconds for what seldom changes: where the sites lie.
@lru_cache(maxsize=64)
def _spread(points: tuple[Point, ...], width: float, height: float, apart: float) -> tuple[Point, ...]:
    # Those that lie on one spot start around it, each in a direction of its own.
    placed = [[x + 0.5 * cos(n * pi * 0.764), y + 0.5 * sin(n * pi * 0.764)] for n, (x, y) in enumerate(points)]
    for _ in range(ROUNDS):
        still = True
        for n, one in enumerate(placed):
            for other in placed[n + 1 :]:
                dx, dy = other[0] - one[0], other[1] - one[1]
                gap = hypot(dx, dy) or 0.01
                if gap >= apart:
                    continue
                still = False
                push = (apart - gap) / 2 / gap
                one[0] -= dx * push
                one[1] -= dy * push
                other[0] += dx * push
                other[1] += dy * push
        for one in placed:
            one[0] = min(max(one[0], apart / 2), width - apart / 2)
            one[1] = min(max(one[1], apart / 2), height - apart / 2)
        if still:
            break
    return tuple((x, y) for x, y in placed)
