"""Administration of one account, and the invitation of another: both know volunteers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from civic.accounts.admin import find
from civic.accounts.admin_views import page_of, role_names
from civic.accounts.current import AdminUser
from civic.accounts.models import ROLES, User
from civic.accounts.rules import NAME_MAX
from civic.clock import today
from civic.db import Session
from civic.errors import Refusal
from civic.forms import Form
from civic.i18n import _
from civic.sites.models import Intermunicipality
from civic.volunteers import admin
from civic.volunteers.rules import problem_with_birth_date
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)


async def find_account(user_id: UUID, user: AdminUser, session: Session) -> User:
    return await find(session, user_id)


Account = Annotated[User, Depends(find_account)]


async def _agglos(session: AsyncSession) -> list[tuple[str, str]]:
    rows = await session.execute(
        select(Intermunicipality.code, Intermunicipality.short_name).order_by(Intermunicipality.short_name)
    )
    return [(code, name) for code, name in rows]


@router.get("/administration/comptes/{user_id}")
async def show_account(request: Request, user: AdminUser, account: Account, session: Session) -> Response:
    form = Form.filled(role=account.role, scopes=account.scope_codes)
    return await _account_page(request, session, account, form)


async def _account_page(
    request: Request, session: AsyncSession, account: User, form: Form, *, status: int = 200
) -> Response:
    profile = await admin.has_profile(session, account)
    context: dict[str, Any] = {
        "account": account,
        "form": form,
        "agglos": await _agglos(session),
        "profile": profile,
        "roles": [(code, name) for code, name in role_names() if profile or code != "volunteer"],
    }
    return render(request, "admin/account.html", context, status=status)


@router.post("/administration/comptes/{user_id}")
async def save_rights(request: Request, user: AdminUser, account: Account, session: Session) -> Response:
    form = await Form.read(request)
    role = form.choice("role", ROLES)
    scopes = form.choices("scopes", [code for code, _name in await _agglos(session)])
    if form.ok:
        try:
            await admin.change_rights(session, by=user, user=account, role=role, scopes=scopes)
        except Refusal as refusal:
            form.fail(refusal.field or "", refusal.message)
    if not form.ok:
        return await _account_page(request, session, account, form, status=422)
    return redirect(page_of(account), _("Droits enregistrés."))


@router.get("/administration/invitation")
async def invitation_page(request: Request, user: AdminUser, session: Session) -> Response:
    return await _invitation_page(request, session, Form.filled(role="coordinator"))


async def _invitation_page(request: Request, session: AsyncSession, form: Form, *, status: int = 200) -> Response:
    context = {"form": form, "agglos": await _agglos(session), "roles": role_names()}
    return render(request, "admin/invite.html", context, status=status)


@router.post("/administration/invitation")
async def invite(request: Request, user: AdminUser, session: Session) -> Response:
    """A new account; its owner chooses the password by a link that serves once."""
    form = await Form.read(request)
    name = " ".join(form.text("name", maximum=NAME_MAX).split())
    email = form.email("email")
    role = form.choice("role", ROLES)
    scopes = form.choices("scopes", [code for code, _name in await _agglos(session)])
    birth_date = form.date("birth_date", required=role == "volunteer") if role == "volunteer" else None
    problem = problem_with_birth_date(birth_date, today()) if birth_date else None
    if problem:
        form.fail("birth_date", problem)
    if form.ok:
        try:
            made = await admin.invite(
                session, by=user, email=email, name=name, role=role, scopes=scopes, birth_date=birth_date
            )
        except Refusal as refusal:
            form.fail(refusal.field or ("email" if refusal.code == "email_taken" else ""), refusal.message)
        else:
            return redirect(page_of(made), _("Invitation envoyée à %(email)s.") % {"email": made.email})
    return await _invitation_page(request, session, form, status=422)
