"""The page of one shift, which several handlers answer with."""

from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from civic import clock
from civic.accounts.models import User
from civic.bookings.values import ShiftFacts
from civic.errors import Finding
from civic.forms import Form
from civic.planning import weeks
from civic.planning.fiche import fiche_of
from civic.web import render, safe_next


async def page_of_shift(
    request: Request,
    session: AsyncSession,
    user: User,
    shift: ShiftFacts,
    *,
    form: Form | None = None,
    refused: list[Finding] | None = None,
    status: int = 200,
) -> Response:
    """A shift's own page, also after something about it was refused."""
    monday = clock.monday(shift.times.day)
    own = f"/planning/creneaux/{shift.id}"
    # Refused beside the week: the page leads back to that week with its filters, and so does what it saves.
    here = safe_next(form.get("next"), own) if form else own
    context: dict[str, Any] = {
        "fiche": await fiche_of(session, user, shift),
        "here": here,
        "week": here if here.startswith("/planning?") else f"/planning?semaine={weeks.code(monday)}",
        "number": weeks.number(monday),
        "form": form or Form(),
        "refused": refused or [],
    }
    return render(request, "planning/shift.html", context, status=status)
