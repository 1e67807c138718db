"""Pages of an account: sign in and out, verify an address, choose a password."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from civic import carried
from civic.accounts import actions, cookie, credentials, passwords
from civic.accounts.credentials import door
from civic.accounts.current import MaybeUser
from civic.accounts.models import User
from civic.db import Session, WritingSession
from civic.errors import Answer
from civic.forms import Form
from civic.i18n import _
from civic.settings import settings
from civic.web import redirect, render, safe_next

router = APIRouter(include_in_schema=False)
# A token is a few hundred characters; anything longer was not made by us.
Token = Annotated[str, Query()]


@router.get("/connexion")
async def sign_in_page(request: Request, user: MaybeUser, next: str = "") -> Response:
    if user is not None:
        return redirect(safe_next(next))
    return _sign_in_page(request, Form.filled(next=next, remember=True))


def _sign_in_page(request: Request, form: Form, status: int = 200) -> Response:
    return render(request, "accounts/sign_in.html", {"form": form, "next": form.get("next")}, status=status)


@router.post("/connexion")
async def sign_in(request: Request, session: Session) -> Response:
    form = await Form.read(request)
    email, password = form.get("email").lower(), _password(form)
    if not email:
        form.fail("email", _("Tapez votre adresse e-mail."))
    if not password:
        form.fail("password", _("Tapez votre mot de passe."))
    if not form.ok:
        return _sign_in_page(request, form, 422)
    try:
        user = await credentials.check(door(request), email, password)
    except Answer as answer:
        form.fail("", answer.message)
        page = _sign_in_page(request, form, 429 if answer.status == 429 else 422)
        page.headers.update(answer.headers)
        return page
    return await _let_in(request, session, user, form)


def _password(form: Form) -> str:
    """As typed: a space at the end may be part of it."""
    return (form.lists.get("password") or [""])[-1]


async def _let_in(request: Request, session: Session, user: User, form: Form) -> Response:
    kept = form.checked("remember")
    token = await actions.open_session(session, user, actions.KEPT if kept else actions.NOT_KEPT)
    unverified = _("Confirmez votre adresse : ouvrez le lien reçu par e-mail.") if not user.is_verified else None
    kept_form = carried.unwrap(form.get("carried"))
    if kept_form:
        request.state.user = user
        response: Response = render(request, "accounts/resume.html", {"carried": kept_form})
    else:
        response = redirect(safe_next(form.get("next")), flash=unverified, tone="warn")
    cookie.give(response, token, actions.KEPT if kept else None)
    if user.theme:
        response.set_cookie("theme", user.theme, max_age=31_536_000, samesite="lax")
    return response


@router.post("/deconnexion")
async def sign_out(request: Request, session: Session) -> Response:
    token = request.cookies.get(settings().session_cookie)
    if token:
        await actions.close_session(session, token)
    response = redirect("/connexion", flash=_("Vous êtes déconnecté."), tone="info")
    cookie.take_back(response)
    return response


@router.get("/inscription/courrier")
async def check_mail(request: Request, user: MaybeUser, objet: str = "") -> Response:
    """Where sign-up, a new link and a forgotten password lead, whatever the address was."""
    kind = "reset" if objet == "mot-de-passe" else "verify"
    return render(request, "accounts/check_mail.html", {"kind": kind, "email": None, "folder": _mail_folder()})


def _mail_folder() -> str | None:
    """Where mails end up as files when there is no mail server (development only); said on the page."""
    unsent = not settings().production and not settings().smtp_url
    return str(settings().mail_folder) if unsent else None


@router.get("/verification")
async def verify(request: Request, session: WritingSession, token: Token = "") -> Response:
    """Opening the link is enough, however often."""
    done = bool(token) and await actions.verify_address(session, token)
    context = {"form": Form(), "state": "done" if done else "expired"}
    return render(request, "accounts/verify.html", context, status=200 if done else 400)


@router.post("/verification")
async def send_verification(request: Request, session: Session) -> Response:
    form = await Form.read(request)
    email = form.email("email")
    if not form.ok:
        return render(request, "accounts/verify.html", {"form": form, "state": "expired"}, status=422)
    if await door(request).throttle.may_mail(email):
        await actions.send_verification(session, email)
    return redirect("/inscription/courrier")


@router.get("/mot-de-passe-oublie")
async def forgot_page(request: Request, user: MaybeUser) -> Response:
    form = Form.filled(email=user.email if user else None)
    return render(request, "accounts/forgot.html", {"form": form})


@router.post("/mot-de-passe-oublie")
async def forgot(request: Request, session: Session) -> Response:
    """The same answer whether or not the address has an account."""
    form = await Form.read(request)
    email = form.email("email")
    if not form.ok:
        return render(request, "accounts/forgot.html", {"form": form}, status=422)
    if await door(request).throttle.may_mail(email):
        await actions.forget_password(session, email)
    return redirect("/inscription/courrier?objet=mot-de-passe")


@router.get("/mot-de-passe")
async def reset_page(request: Request, session: Session, token: Token = "") -> Response:
    holder = await actions.reset_holder(session, token)
    context = {"form": Form(), "token": token if holder else None}
    return render(request, "accounts/reset.html", context, status=200 if holder else 400)


@router.post("/mot-de-passe")
async def reset(request: Request, session: Session) -> Response:
    form = await Form.read(request)
    token, password = form.get("token"), _password(form)
    weak = passwords.problem_with(password, "")
    if weak:
        form.fail("password", weak)
    if not form.ok:
        return render(request, "accounts/reset.html", {"form": form, "token": token}, status=422)
    prepared = await passwords.prepare(password)
    if not await actions.reset_password(session, token, prepared):
        return render(request, "accounts/reset.html", {"form": form, "token": None}, status=400)
    response = redirect("/connexion", flash=_("Mot de passe enregistré. Connectez-vous."))
    cookie.take_back(response)
    return response
