"""Each role's first page. The volunteer's shows shifts, announcements and, once a shift has ended, its outing."""

from fastapi import APIRouter, Request, Response

from civic.accounts.current import MaybeUser
from civic.bookings.home import home_of
from civic.db import Session
from civic.encounters.after_shift import after_shift, said, when
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
HOME_OF = {"coordinator": "/planning", "manager": "/bilans", "admin": "/administration"}


@router.get("/")
async def home(request: Request, user: MaybeUser, session: Session) -> Response:
    if user is None:
        return redirect("/connexion")
    if user.role in HOME_OF:
        return redirect(HOME_OF[user.role])
    context = {**await home_of(session, user), "after": await after_shift(session, user), "when": when, "said": said}
    return render(request, "encounters/home.html", context)
