"""The drawings of a report on paper: the page's own SVG, with colours that hold in black and white."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

from civic import formats
from civic.i18n import _
from civic.reports.drawing import Column, Drawing
from civic.reports.periods import month_of
from civic.sites.chart import Chart
from civic.sites.models import Site
from civic.templating import environment

STYLE = """<style>
text{font-family:"Atkinson Hyperlegible Next";font-size:13px;fill:#4b4f46}.strong{fill:#181a16;font-weight:bold}
.grid{stroke:#dbdbd1;fill:none}.base{stroke:#181a16;stroke-width:1.5;fill:none}.now{fill:#08664a}
.before{fill:#e9e9e0;stroke:#181a16;stroke-width:1.2;stroke-dasharray:5 3}
.chart-area{fill:#f4f4ee;stroke:#787c70;stroke-width:1.5}.chart-name{font-size:26px;font-weight:bold;fill:#181a16}
.chart-point{fill:#08664a;fill-opacity:.8;stroke:#ffffff;stroke-width:1.5}.chart-none{fill:#ffffff;stroke:#787c70;stroke-width:2}
</style>"""
_TITLE = re.compile(r"<title.*?</title>|<desc.*?</desc>", re.S)
LARGEST, SMALLEST = 30.0, 5.0


@dataclass(frozen=True)
class Drawn:
    """A drawing, and the sentence that stands for it."""

    svg: str
    alt: str

    @property
    def values(self) -> dict[str, str]:
        return {"svg": self.svg, "alt": self.alt}


def draw_weeks(rows: Sequence[Any], title: str, previous: bool) -> Drawn:
    """The cones of the page."""
    charts: Any = environment().get_template("_charts.html").module
    return Drawn(alone(str(charts.ridge_weeks(list(rows), title, previous))) if rows else "", title)


def draw_months(months: Sequence[tuple[str, str, int | None, str]], title: str) -> Drawn:
    """A column for each (key, name, value, text) of which the value is told; nothing is drawn of the others."""
    if all(value is None for _key, _name, value, _text in months):
        return Drawn("", title)
    top = 3.0 * formats.scale_step(max(value or 0 for _key, _name, value, _text in months))
    columns = [
        Column(formats.day_month(month_of(key)).split(formats.NBSP)[1], name, value, None, text)
        for key, name, value, text in months
    ]
    said = ", ".join(f"{one.name} {one.text}" for one in columns)
    drawing = Drawing(
        "months", title, top, [(n * top / 3, formats.number(n * top / 3)) for n in (1, 2, 3)], columns, said
    )
    parts: Any = environment().get_template("reports/_parts.html").module
    return Drawn(alone(str(parts.columns(drawing, "", ""))), f"{title}{formats.NBSP}: {said}.")


class Dot(NamedTuple):
    """A site of the map; without encounters its radius is 0."""

    x: float
    y: float
    radius: float
    site: Site
    met: int


def dots(chart: Chart, counts: Mapping[str, int]) -> list[Dot]:
    """Each site, its surface as large as its encounters; the small ones over the large ones."""
    top = max(counts.values(), default=0)
    found = []
    for one in chart.marks:
        count = counts.get(one.site.id, 0)
        found.append(Dot(one.x, one.y, round(_radius(count, top), 1), one.site, count))
    return sorted(found, key=lambda dot: -dot.radius)


def draw_map(chart: Chart, counts: Mapping[str, int]) -> Drawn:
    """A point per site; without encounters, a small ring."""
    names = [(area.label[0], max(area.label[1] - 12, 30), area.code) for area in chart.areas]
    marks = dots(chart, counts)
    drawn = environment().get_template("report/map.svg").render(chart=chart, marks=marks, names=names)
    return Drawn(
        alone(drawn) if chart.marks else "",
        _("Carte des sites, avec les rencontres de chacun ; le tableau par site donne les mêmes nombres."),
    )


def _radius(count: int, top: int) -> float:
    return max(SMALLEST, LARGEST * sqrt(count / top)) if count else 0.0


def alone(markup: str) -> str:
    """The SVG of a fragment of a page, as a file of its own; its title becomes the text for those who don't see it."""
    start, end = markup.index("<svg"), markup.index("</svg>")
    svg = _TITLE.sub("", markup[start:end])
    head, rest = svg.split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg">{STYLE}{rest}</svg>'
