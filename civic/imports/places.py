"""The communes that a file may name: by their INSEE code, or by name, with the agglomération where two share one."""

import re
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.i18n import _
from civic.imports.cells import key
from civic.imports.columns import Line
from civic.sites.models import Commune


@dataclass(frozen=True, slots=True)
class Town:
    insee: str
    name: str
    intermunicipality: str
    lat: float
    lon: float


class Towns:
    """Every commune of the territory."""

    def __init__(self, towns: list[Town]) -> None:
        self.by_insee = {town.insee: town for town in towns}
        self._by_name: dict[str, list[Town]] = defaultdict(list)
        for town in towns:
            self._by_name[key(town.name)].append(town)
            self._by_name[key(f"{town.name} {town.intermunicipality}")].append(town)

    def find(self, line: Line, code: str) -> Town | None:
        """The commune of a line's cell; None after noting why there is none, and for an empty cell."""
        typed = line.values.get(code)
        if typed is None:
            return None
        if re.fullmatch(r"\d{5}", typed):
            found = [self.by_insee[typed]] if typed in self.by_insee else []
        else:
            found = self._by_name.get(key(typed), [])
        if len(found) == 1:
            return found[0]
        if found:
            line.wrong(code, _("Plusieurs communes portent ce nom. Donnez le code INSEE."))
        else:
            line.wrong(code, _("Cette commune n’est pas dans le territoire. Donnez son nom ou son code INSEE."))
        return None


async def load_towns(session: AsyncSession) -> Towns:
    chosen = select(Commune.insee, Commune.name, Commune.intermunicipality_code, Commune.lat, Commune.lon)
    return Towns([Town(*row) for row in await session.execute(chosen)])
