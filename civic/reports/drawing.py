"""What templates/reports/_parts.html needs to draw a figure by month, on screen and on paper."""

from typing import NamedTuple


class Column(NamedTuple):
    """A month of a drawing: None for no data; the texts are what is written and read out."""

    label: str
    name: str
    value: float | None
    previous: float | None
    text: str


class Drawing(NamedTuple):
    """One figure by month: `top` is the end of its scale, `marks` the lines of it; no columns: too many to be drawn."""

    code: str
    label: str
    top: float
    marks: list[tuple[float, str]]
    columns: list[Column]
    title: str
