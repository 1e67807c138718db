"""What a line of a file of shifts names: its mission, its place and its times, as far as they can be told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from civic.formats import day_numeric, hour_range, weekday_short
from civic.i18n import _
from civic.imports.cells import key
from civic.imports.columns import Line
from civic.imports.shift_columns import times
from civic.imports.shift_world import World


@dataclass(slots=True)
class Wanted:
    """A line understood as far as it goes: the place and the times that it names, None where it does not."""

    line: Line
    mission_id: UUID | None
    site_id: str | None
    times: tuple[datetime, datetime] | None

    @property
    def placed(self) -> "Placed | None":
        if self.mission_id is None or self.site_id is None or self.times is None:
            return None
        return Placed(self.line, self.mission_id, self.site_id, *self.times)


@dataclass(frozen=True, slots=True)
class Placed:
    """The same with nothing missing."""

    line: Line
    mission_id: UUID
    site_id: str
    starts_at: datetime
    ends_at: datetime

    @property
    def moment(self) -> tuple[UUID, str, datetime]:
        """What tells shifts without a reference apart."""
        return self.mission_id, self.site_id, self.starts_at


def understand(line: Line, world: World) -> Wanted:
    return Wanted(line, _mission(line, world), _site(line, world), times(line))


def _mission(line: Line, world: World) -> UUID | None:
    typed = line.values.get("mission", "")
    found = world.missions.get(key(typed), []) if typed else []
    if len(found) == 1:
        return found[0]
    if not typed:
        line.wrong("mission", _("À remplir."))
    elif found:
        line.wrong("mission", _("Plusieurs missions portent ce titre. Renommez-en une."))
    else:
        line.wrong("mission", _("Cette mission n’existe pas. Vérifiez son titre."))
    return None


def _site(line: Line, world: World) -> str | None:
    code, typed = line.values.get("site_id"), line.values.get("site", "")
    if code is not None:
        if code in world.sites:
            return str(code)
        line.wrong("site_id", _("Ce lieu n’existe pas. Vérifiez son code."))
        return None
    found = [typed] if typed in world.sites else world.places.get(key(typed), []) if typed else []
    if len(found) == 1:
        return found[0]
    if not typed:
        line.wrong("site", _("À remplir."))
    elif found:
        line.wrong("site", _("Plusieurs lieux portent ce nom. Donnez le code dans « Code du lieu »."))
    else:
        line.wrong("site", _("Ce lieu n’existe pas. Vérifiez son nom, ou donnez son code."))
    return None


def label_of(one: Wanted, world: World) -> str:
    site = world.sites[one.site_id].name if one.site_id else one.line.typed.get("site", "")
    when = one.line.typed.get("date", "")
    if one.times:
        # With the year: a slip there is what nobody sees.
        start = one.times[0]
        when = f"{weekday_short(start)} {day_numeric(start)}, {hour_range(*one.times)}"
    return ", ".join(part[:80] for part in (site, when) if part) or _("ligne %(n)s") % {"n": one.line.number}
