"""How far the cells of a workbook's parts reach, and how much text they ask for: told while their XML goes by.

Cells and rows without an address come after the last ones, wherever those lie: both are added up, which is never too
little. A text that many cells share is written once in the file, and once for each of them in memory.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

PLACE = re.compile(r"([A-Z]{1,3})?(\d{1,7})")


@dataclass(slots=True)
class Extent:
    """What one part holds: `texts` are the lengths of those that it offers, `uses` how often each is asked for."""

    texts: list[int] = field(default_factory=list)
    uses: Counter[int] = field(default_factory=Counter)
    _row: int = 0
    _column: int = 0
    _bare_rows: int = 0
    _bare_cells: int = 0
    _most_bare: int = 0
    _shared: bool = False
    _typed: list[str] | None = None

    @property
    def rows(self) -> int:
        return self._row + self._bare_rows

    @property
    def columns(self) -> int:
        return self._column + self._most_bare

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._bare_cells = 0
            self._bare_rows += not self._at(attributes.get("r", ""))
        elif name == "c":
            self._bare_cells += not self._at(attributes.get("r", ""))
            self._most_bare = max(self._most_bare, self._bare_cells)
            self._shared = attributes.get("t") == "s"
        elif name == "si":
            self.texts.append(0)
        elif name == "v" and self._shared:
            self._typed = []

    def _at(self, address: str) -> bool:
        """Note an address; whether there was one."""
        found = PLACE.fullmatch(address.strip())
        if found:
            self._row = max(self._row, int(found[2]))
            self._column = max(self._column, number_of(found[1] or ""))
        return found is not None

    def text(self, given: str) -> None:
        if self._typed is not None:
            self._typed.append(given)
        elif self.texts:
            self.texts[-1] += len(given)

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "v" and self._typed is not None:
            typed = "".join(self._typed).strip()
            if typed.isascii() and typed.isdigit() and len(typed) < 8:
                self.uses[int(typed)] += 1
            self._typed = None


def number_of(letters: str) -> int:
    """1 for A, 28 for AB."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def shared_text(parts: list[Extent]) -> int:
    """The most characters that the cells of any part take from the shared texts of any other."""
    texts = [one.texts for one in parts if one.texts]
    uses = [one.uses for one in parts if one.uses]
    return max(
        (sum(known[at] * often for at, often in used.items() if at < len(known)) for known in texts for used in uses),
        default=0,
    )
