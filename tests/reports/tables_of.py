"""The tables of a page, as text."""

from html.parser import HTMLParser

import httpx


class Tables(HTMLParser):
    """The cells of every table by its caption, and all the text of the page."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.text = ""
        self._caption = self._cell = ""
        self._in = ""
        self._row: list[str] = []
        # Inside a cell: a definition that is folded away, or words for those who don't see.
        self._aside = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("caption", "th", "td"):
            self._in, self._cell = tag, ""
        if tag == "tr":
            self._row = []
        if (
            self._in
            and tag not in ("caption", "th", "td")
            and not self._aside
            and (tag == "p" or ("class", "sr") in attrs)
        ):
            self._aside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._aside:
            self._aside = ""
        if tag == "caption":
            self._caption = self._cell
            self.tables[self._caption] = []
        elif tag in ("th", "td"):
            self._row.append(" ".join(self._cell.split(" ")).strip())
        elif tag == "tr":
            self.tables[self._caption].append(self._row)
        if tag == self._in:
            self._in = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in and not self._aside:
            self._cell += data
