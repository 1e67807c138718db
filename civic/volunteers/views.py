"""Sign-up, and one's own page (« Moi »)."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from civic.accounts import actions as accounts
from civic.accounts import credentials, passwords
from civic.accounts.credentials import door
from civic.accounts.current import CurrentUser, MaybeUser, find_user
from civic.accounts.models import PersonalToken, User
from civic.accounts.passwords import Prehashed
from civic.accounts.rules import NAME_MAX
from civic.clock import today
from civic.db import Session
from civic.errors import Answer, NotSignedIn, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.settings import settings
from civic.volunteers import actions
from civic.volunteers.models import Volunteer
from civic.volunteers.queries import communes_by_intermunicipality
from civic.volunteers.rules import problem_with_birth_date
from civic.web import THEMES, redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/inscription")
async def sign_up_page(request: Request, user: MaybeUser) -> Response:
    if user is not None:
        return redirect("/")
    return render(request, "accounts/sign_up.html", {"form": Form()})


@router.post("/inscription")
async def sign_up(request: Request, session: Session) -> Response:
    """The same answer whether or not the address has an account; its mailbox tells which."""
    form = await Form.read(request)
    name = form.text("name", maximum=NAME_MAX)
    email = form.email("email")
    birth_date = form.date("birth_date")
    password = _password(form, email, name)
    problem = problem_with_birth_date(birth_date, today()) if birth_date else None
    if problem:
        form.fail("birth_date", problem)
    if not form.ok or birth_date is None:
        return render(request, "accounts/sign_up.html", {"form": form}, status=422)
    prepared = await passwords.prepare(password)
    if await door(request).throttle.may_mail(email):
        await actions.sign_up(
            session, email=email, name=" ".join(name.split()), birth_date=birth_date, password=prepared
        )
    return redirect("/inscription/courrier")


def _password(form: Form, email: str, name: str) -> str:
    """The password as typed, once it will do."""
    password = (form.lists.get("password") or [""])[-1]
    weak = passwords.problem_with(password, email, name)
    if weak:
        form.fail("password", weak if password else _("À remplir."))
    return password


@router.get("/profil")
async def profile(request: Request, user: CurrentUser, session: Session) -> Response:
    return await _show(request, session, user)


async def _show(
    request: Request,
    session: Session,
    user: User,
    *,
    status: int = 200,
    **shown: Any,
) -> Response:
    volunteer = await _volunteer_of(session, user)
    tokens = await session.scalars(
        select(PersonalToken).where(PersonalToken.user_id == user.id).order_by(PersonalToken.created_at)
    )
    context = {
        "form": _filled(user, volunteer),
        "password_form": Form(),
        "token_form": Form(),
        "new_token": None,
        "tokens": tokens.all(),
        "volunteer": volunteer,
        "communes": await communes_by_intermunicipality(session) if volunteer else None,
        **shown,
    }
    return render(request, "accounts/profile.html", context, status=status)


async def _volunteer_of(session: Session, user: User) -> Volunteer | None:
    found: Volunteer | None = await session.scalar(select(Volunteer).where(Volunteer.user_id == user.id))
    return found


def _filled(user: User, volunteer: Volunteer | None) -> Form:
    if volunteer is None:
        return Form.filled(name=user.name, theme=user.theme)
    return Form.filled(
        name=user.name,
        theme=user.theme,
        commune=volunteer.commune_insee,
        phone=volunteer.phone,
        emergency_name=volunteer.emergency_name,
        emergency_phone=volunteer.emergency_phone,
    )


@router.post("/profil")
async def update_profile(request: Request, user: CurrentUser, session: Session) -> Response:
    form = await Form.read(request)
    volunteer = await _volunteer_of(session, user)
    name = " ".join(form.text("name", maximum=NAME_MAX).split())
    theme = form.choice("theme", THEMES, required=False)
    details = await _details(session, form) if volunteer else None
    if not form.ok:
        return await _show(request, session, user, status=422, form=form)
    accounts.update_account(user, name=name, theme=theme)
    if volunteer and details:
        actions.update_details(session, volunteer, details, by=user)
    response = redirect("/profil", flash=_("Enregistré."))
    response.set_cookie("theme", theme, max_age=31_536_000, samesite="lax")
    return response


async def _details(session: Session, form: Form) -> actions.Details:
    known = {insee for _group, communes in await communes_by_intermunicipality(session) for insee, _name in communes}
    return actions.Details(
        commune_insee=form.choice("commune", known, required=False) or None,
        phone=form.phone("phone", required=False),
        emergency_name=form.text("emergency_name", required=False, maximum=NAME_MAX),
        emergency_phone=form.phone("emergency_phone", required=False),
    )


@dataclass(frozen=True, slots=True)
class NewPassword:
    form: Form
    prepared: Prehashed | None


async def judged_password(request: Request) -> NewPassword:
    """The old password checked and the new one hashed before the writing transaction begins.

    A dependency that stands before the one that finds the user on the writing session: that query takes SQLite's
    write lock, and a hash lasts too long under it.
    """
    form = await Form.read(request)
    async with request.app.state.db.reading() as session:
        user = await find_user(session, request)
    if user is None:
        raise NotSignedIn
    password = _password(form, user.email, user.name)
    if not form.ok:
        return NewPassword(form, None)
    try:
        await credentials.check(door(request), user.email, (form.lists.get("current_password") or [""])[-1])
    except Answer as answer:
        form.fail(
            "current_password", answer.message if answer.status == 429 else _("Ce n’est pas votre mot de passe actuel.")
        )
        return NewPassword(form, None)
    return NewPassword(form, await passwords.prepare(password))


@router.post("/profil/mot-de-passe")
async def change_password(
    request: Request,
    new: Annotated[NewPassword, Depends(judged_password)],
    user: CurrentUser,
    session: Session,
) -> Response:
    if new.prepared is None:
        return await _show(request, session, user, status=422, password_form=new.form)
    keeping = request.cookies.get(settings().session_cookie, "")
    await accounts.change_password(session, user, new.prepared, keeping)
    return redirect("/profil", flash=_("Mot de passe changé. Vos autres appareils sont déconnectés."))


@router.post("/profil/jetons")
async def make_token(request: Request, user: CurrentUser, session: Session) -> Response:
    """The page itself, not a redirect: the token is shown this once and stands nowhere else."""
    form = await Form.read(request)
    name = form.text("token_name", maximum=80)
    if not form.ok:
        return await _show(request, session, user, status=422, token_form=form)
    try:
        token = await accounts.make_token(session, user, name)
    except Refusal as refusal:
        form.fail("token_name", refusal.message)
        return await _show(request, session, user, status=422, token_form=form)
    return await _show(request, session, user, new_token=token)


@router.post("/profil/jetons/{token_id}/suppression")
async def revoke_token(token_id: UUID, user: CurrentUser, session: Session) -> Response:
    await accounts.revoke_token(session, user, token_id)
    return redirect("/profil", flash=_("Jeton supprimé."))
