"""The day's page: which day and filters the address asks for, and all that the page shows."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from civic import clock
from civic.accounts.models import User
from civic.planning import axis, board, week, weeks
from civic.templating import query


def asked_day(params: Mapping[str, str]) -> tuple[date, bool]:
    """The day of an address, today when it names none that exists; and whether it named one that does not."""
    text = params.get("jour", "")
    try:
        day = date.fromisoformat(text) if text else clock.today()
    except ValueError:
        return clock.today(), True
    return (day, False) if weeks.FIRST <= day <= weeks.LAST else (clock.today(), True)


async def day_of(
    session: AsyncSession, user: User, params: Mapping[str, str], current: UUID | None = None
) -> dict[str, Any]:
    """What templates/planning/axis.html shows, in the queries of a week's page."""
    day, unknown = asked_day(params)
    found = await week.look(session, user, {**params, "semaine": day.isoformat()})
    chosen = found.chosen
    shifts = [one for one in found.shifts if one.times.day == day]
    panel = {"creneau": str(current) if current else None}
    drawn = board.build(
        monday=chosen.monday,
        places=[one for one in found.places if week.passes(one, chosen)],
        shifts=shifts,
        crowds=found.facts.crowds,
        closures=found.closures,
        now=found.now,
        base=chosen.day_address(day),
        chosen=current,
        show_all=chosen.tous or bool(chosen.site),
        show_cancelled=chosen.annules,
        broken={one.shift.id for one in found.facts.conflicts},
    )
    return {
        "axis": axis.lay_out(drawn, day, {one.id: one.times for one in shifts}),
        "board": drawn,
        "slots": next(one.slots for one in drawn.days if one.day == day),
        "day": day,
        "holiday": clock.public_holiday(day) or "",
        "today": day == clock.today(),
        "unknown_day": unknown,
        "chosen": chosen,
        "places": found.places,
        "here": chosen.day_address(day, **panel),
        "close": chosen.day_address(day),
        "previous": chosen.day_address(day - timedelta(days=1)),
        "following": chosen.day_address(day + timedelta(days=1)),
        "present": chosen.day_address(clock.today()),
        "live": "/planning/vif" + query(chosen.params, semaine=None, vue="jour", jour=day, vu=found.stamp, **panel),
    }
