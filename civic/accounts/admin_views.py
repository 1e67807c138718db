"""Administration: the accounts, the mails that never left, the audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from civic.accounts import admin
from civic.accounts.admin_queries import PAGE, log_page, people_named, search_accounts
from civic.accounts.current import AdminUser
from civic.accounts.models import ROLES, User
from civic.audit.sentences import FAMILIES, SENTENCES
from civic.audit.sentences import ROLES as ROLE_NAMES
from civic.db import Session
from civic.i18n import _, ngettext
from civic.outbox.actions import TRIES
from civic.outbox.dead import backlog, count_dead, dead_mails, failing_mails
from civic.settings import settings
from civic.templating import query
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
STATES = ("ouvert", "ferme")


def page_number(text: str) -> int:
    """The number of a page from an address; 1 for anything else."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def typed(request: Request, name: str) -> str:
    """A word to search for, without what no name holds."""
    return "".join(c for c in request.query_params.get(name, "") if c.isprintable()).strip()[:100]


def role_names() -> list[tuple[str, str]]:
    return [(role, _(ROLE_NAMES[role]).capitalize()) for role in ROLES]


@router.get("/administration")
async def list_accounts(request: Request, user: AdminUser, session: Session) -> Response:
    """Every account, by name; the filters are in the address."""
    params = request.query_params
    role = params.get("role", "") if params.get("role", "") in ROLES else ""
    state = params.get("etat", "") if params.get("etat", "") in STATES else ""
    words = typed(request, "q")
    found = await search_accounts(session, words, role, state)
    pages = max(1, -(-len(found) // PAGE))
    page = min(page_number(params.get("page", "")), pages)
    chosen = {"q": words, "role": role, "etat": state}
    context = {
        "accounts": found[(page - 1) * PAGE : page * PAGE],
        "total": len(found),
        "chosen": chosen,
        "roles": role_names(),
        "mail": await backlog(session),
        "unset": _no_server(),
        **_pager("/administration", chosen, page, page < pages),
    }
    return render(request, "admin/accounts.html", context)


def _pager(path: str, chosen: dict[str, str], page: int, more: bool) -> dict[str, object]:
    return {
        "page": page,
        "previous": path + query(chosen, page=page - 1 if page > 2 else None) if page > 1 else None,
        "following": path + query(chosen, page=page + 1) if more else None,
    }


async def find_account(user_id: UUID, user: AdminUser, session: Session) -> User:
    return await admin.find(session, user_id)


Account = Annotated[User, Depends(find_account)]


def page_of(account: User) -> str:
    return f"/administration/comptes/{account.id}"


@router.post("/administration/comptes/{user_id}/reouverture")
async def reactivate(user: AdminUser, account: Account, session: Session) -> Response:
    admin.reactivate(session, by=user, user=account)
    return redirect(page_of(account), _("Compte rouvert."))


@router.post("/administration/comptes/{user_id}/invitation")
async def invite_again(user: AdminUser, account: Account, session: Session) -> Response:
    """A new link to choose a password; the one before dies when a password is chosen."""
    await admin.invite(session, by=user, user=account)
    return redirect(
        page_of(account), _("Un lien pour choisir un mot de passe part à %(email)s.") % {"email": account.email}
    )


@router.get("/administration/courriels")
async def list_dead_mails(request: Request, user: AdminUser, session: Session) -> Response:
    """The mails given up with their reason, and those that wait with theirs."""
    context = {
        "mails": await dead_mails(session),
        "failing": await failing_mails(session),
        "mail": await backlog(session),
        "unset": _no_server(),
        "tries": TRIES,
    }
    return render(request, "admin/mails.html", context)


def _no_server() -> bool:
    """Whether every mail waits because nobody said where to send it (development writes files instead)."""
    return settings().production and not settings().smtp_url


@router.post("/administration/courriels/reprise")
async def retry_mails(user: AdminUser, session: Session) -> Response:
    count = await admin.retry_mails(session, by=user)
    text = ngettext("%(num)s e-mail repart.", "%(num)s e-mails repartent.", count) % {"num": count}
    return redirect("/administration/courriels", text if count else _("Aucun e-mail en échec."))


@router.post("/administration/courriels/{mail_id}/reprise")
async def retry_mail(mail_id: UUID, user: AdminUser, session: Session) -> Response:
    mail = await admin.retry_mail(session, by=user, mail_id=mail_id)
    text = _("L’e-mail pour %(email)s repart.") % {"email": mail.recipient}
    return redirect("/administration/courriels", text)


@router.get("/administration/journal")
async def show_log(request: Request, user: AdminUser, session: Session) -> Response:
    """Who did what, newest first."""
    params = request.query_params
    verb = params.get("verbe", "") if params.get("verbe", "") in {*SENTENCES, *FAMILIES} else ""
    words = typed(request, "personne")
    page = page_number(params.get("page", ""))
    people = await people_named(session, words) if words else None
    entries, more = await log_page(session, verb=verb, people=people, page=page)
    chosen = {"verbe": verb, "personne": words}
    context = {
        "entries": entries,
        "chosen": chosen,
        "families": [(_(name), _verbs(family, _(name))) for family, name in FAMILIES.items()],
        "dead": await count_dead(session),
        **_pager("/administration/journal", chosen, page, more),
    }
    return render(request, "admin/log.html", context)


def _verbs(family: str, name: str) -> list[tuple[str, str]]:
    listed = [(verb, _(text)) for verb, text in SENTENCES.items() if verb.startswith(f"{family}.")]
    everything = _("%(family)s : tout") % {"family": name}
    return [(family, everything), *listed]
