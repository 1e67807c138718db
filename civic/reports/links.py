"""From a figure to the rows behind it: the addresses of the lists that hold as many rows as the figure counts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from civic.reports.filters import Filters
from civic.templating import query

# Where the list of encounters says « whatever was not cancelled ».
COUNTED = "counted"
SHIFTS, OUTINGS = "/bilans/creneaux", "/bilans/sorties"
# The list behind each figure: of shifts or outings, and which of them. A balance or a number of sites has none.
LISTS = {
    "shifts_held": (SHIFTS, "tenus"),
    "volunteer_hours": (SHIFTS, "tenus"),
    "fill_rate": (SHIFTS, "tous"),
    "attendance_rate": (SHIFTS, "tous"),
    "pair_rate": (SHIFTS, "binome"),
    "outings": (OUTINGS, "toutes"),
    "approached": (OUTINGS, "abordees"),
    "refusal_rate": (OUTINGS, "refus"),
}
MET = ("encounters", "people_met")


@dataclass(frozen=True)
class Links:
    """The lists under a report's filters, for somebody of a role; "" where there is none that says the same.

    Encounters are read by coordinators and managers, and a list of them follows one filter of a name.
    """

    filters: Filters
    role: str

    def figure(self, code: str) -> str:
        if code in MET:
            return self.encounters()
        if code not in LISTS or self.filters.met_only:
            return ""
        path, which = LISTS[code]
        return path + query(self._params(), choix=which)

    def encounters(self, days: tuple[date, date] | None = None, /, **narrow: str) -> str:
        """Those of some days within the period, with something more asked of them."""
        params = self._params(days)
        clash = any(params.get(name) not in (None, value) for name, value in narrow.items())
        if self.role not in ("coordinator", "manager") or clash:
            return ""
        return "/rencontres" + query({**params, **narrow}, status=COUNTED)

    def report(self, **changes: Any) -> str:
        """The same report, changed a little."""
        return "/bilans" + query({**self._params(), **changes})

    def _params(self, days: tuple[date, date] | None = None) -> dict[str, Any]:
        """The filters by the names of the addresses; days are never outside the period."""
        filters = self.filters
        first, last = days or (filters.from_, filters.to)
        return {"from": max(first, filters.from_), "to": min(last, filters.to), **filters.shown}
