"""Pages of the review: encounters that wait for a second look, and the validation of one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from civic.accounts.current import require
from civic.accounts.models import User
from civic.db import Session
from civic.encounters import codes, forms, review
from civic.encounters.access import VisibleEncounter
from civic.encounters.choices import labels
from civic.forms import Form
from civic.i18n import _
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
PAGE = 25
Reviewer = Annotated[User, Depends(require("coordinator", "manager"))]


@router.get("/rencontres/a-relire")
async def queue(request: Request, user: Reviewer, session: Session) -> Response:
    """Held comments first. A manager, who reads no comment, finds the unusual counts only."""
    number = max(1, forms.number(request.query_params.get("page", ""), 1))
    total = await review.count(session, user)
    context = {
        "waiting": await review.page(session, user, number=number, size=PAGE),
        "total": total,
        "page": number,
        "pages": max(1, -(-total // PAGE)),
        "half_days": dict(labels(codes.HALF_DAYS)),
    }
    return render(request, "encounters/review.html", context)


@router.post("/rencontres/{client_uuid}/validation")
async def validate(request: Request, encounter: VisibleEncounter, user: Reviewer, session: Session) -> Response:
    form = await Form.read(request)
    seen = forms.number(form.get("seen"), 0)
    await review.validate(session, by=user, encounter_id=encounter.id, seen=seen)
    return redirect("/rencontres/a-relire", flash=_("Rencontre validée."))
