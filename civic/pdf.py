"""Documents on paper: plain values laid out by Typst as a tagged, archivable PDF (PDF/UA-1 and PDF/A-2a)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import typst
from anyio import to_thread

from civic.i18n import _, language
from civic.paths import DATA, TEMPLATES

LAYOUTS = TEMPLATES / "report"
FONTS = DATA / "fonts"


@dataclass(frozen=True, slots=True)
class Column:
    """`numeric` aligns to the right; `share` is the part of the width, `auto` where it is 0."""

    label: str
    numeric: bool = False
    share: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, perhaps a paragraph, perhaps a table whose last row may be a total."""

    title: str
    text: str = ""
    items: Sequence[str] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[str]] = ()
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Everything is written already: sentences in the reader's language, figures with their units."""

    layout: ClassVar[str] = "document.typ"
    title: str
    subtitle: str
    made_at: datetime
    footer: str
    facts: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = ()
    notes: Sequence[str] = ()
    signatures: Sequence[str] = ()
    lead: str = ""
    keywords: Sequence[str] = field(default=("Civic",))


@dataclass(frozen=True, slots=True)
class Roster:
    """People to tick off: a box before each row, `blank` more lines to write on, and two columns left empty."""

    title: str
    detail: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One place, on a page of its own."""

    title: str
    subtitle: str
    warnings: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    rosters: Sequence[Roster] = ()


@dataclass(frozen=True, slots=True)
class Sheets:
    """Sheets to take along, each on its page."""

    layout: ClassVar[str] = "sheets.typ"
    title: str
    made_at: datetime
    footer: str
    pages: Sequence[Sheet]
    keywords: Sequence[str] = field(default=("Civic",))


@dataclass(frozen=True, slots=True)
class Bilan:
    """The activity report: `content` is that of civic.reports.paper."""

    layout: ClassVar[str] = "bilan.typ"
    content: dict[str, Any]
    made_at: datetime


Paper = Document | Sheets | Bilan


async def render(document: Paper) -> bytes:
    """The bytes of the PDF; the same values at the same moment give the same bytes. Layout runs in a thread."""
    return await to_thread.run_sync(_compile, document, language())


def _compile(document: Paper, lang: str) -> bytes:
    values = asdict(document)
    values["made_at"] = document.made_at.isoformat()
    made = typst.compile(
        str(LAYOUTS / document.layout),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({**values, "lang": lang, "page": _("Page"), "of": _("sur")})},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=int(document.made_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made
