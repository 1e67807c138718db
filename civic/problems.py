"""Every error becomes HTTP here, once: problem+json under /api/, a page with a plain sentence elsewhere."""

import logging
from socket import gaierror
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Scope

from civic import carried
from civic.errors import CivicError, Invalid, NotSignedIn, Refusal
from civic.forms import Form
from civic.i18n import N_, _
from civic.methods import allowed
from civic.web import render

log = logging.getLogger("civic")

SENTENCES: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", N_("Demande illisible"), N_("Revenez en arrière et recommencez.")),
    401: ("not_signed_in", N_("Connexion nécessaire"), N_("Connectez-vous pour continuer.")),
    403: ("forbidden", N_("Accès réservé"), N_("Votre rôle ne permet pas d’ouvrir ou de faire ceci.")),
    404: ("not_found", N_("Page introuvable"), N_("Cette page n’existe pas, ou n’existe plus.")),
    405: ("method_not_allowed", N_("Action impossible ici"), N_("Revenez en arrière et recommencez.")),
    409: ("conflict", N_("Pas possible pour l’instant"), N_("Rechargez la page pour voir où en sont les choses.")),
    412: ("stale", N_("Modifié entre-temps"), N_("Relisez puis recommencez.")),
    413: ("too_large", N_("Envoi trop lourd"), N_("L’envoi dépasse 1 Mo. Raccourcissez-le puis recommencez.")),
    422: ("invalid", N_("À corriger"), N_("Certaines valeurs ne vont pas. Corrigez-les puis recommencez.")),
    428: ("precondition_required", N_("Version à donner"), N_("Relisez puis recommencez.")),
    429: ("too_many_attempts", N_("Trop d’essais"), N_("Attendez quelques minutes puis recommencez.")),
    500: ("internal", N_("Une panne de notre côté"), N_("Rien n’a été enregistré. Réessayez dans un moment.")),
    503: (
        "unavailable",
        N_("Service indisponible"),
        N_("La base de données ne répond pas. Rien n’a été enregistré. Réessayez dans un moment."),
    ),
}


def install(app: FastAPI) -> None:
    """Register the one mapping from exceptions to answers."""
    app.add_exception_handler(CivicError, _civic)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(InterfaceError, _database)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(OSError, _database)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request,
    status: int,
    *,
    code: str | None = None,
    title: str | None = None,
    detail: str = "",
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response:
    """The answer for an error, in the form that the caller reads."""
    default_code, default_title, default_detail = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
    body = {
        "type": "about:blank",
        "status": status,
        "code": code or default_code,
        "title": title or _(default_title),
        "detail": detail or _(default_detail),
        **(extra or {}),
    }
    if (request.url.path + "/").startswith("/api/"):
        return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
    page = render(request, "errors/show.html", body, status=status)
    page.headers.update(headers or {})
    return page


async def _civic(request: Request, error: Exception) -> Response:
    assert isinstance(error, CivicError)
    if isinstance(error, NotSignedIn) and not request.url.path.startswith("/api/"):
        return await _to_sign_in(request)
    extra: dict[str, Any] = {}
    if isinstance(error, Invalid):
        extra["errors"] = error.errors
    if isinstance(error, Refusal):
        found = [{"code": f.code, "title": f.title, "source": f.source} for f in error.findings]
        extra = {"refusals": found or [{"code": error.code, "title": error.message, "source": ""}], **error.extra}
        if error.field:
            extra["errors"] = {error.field: error.message}
    headers = getattr(error, "headers", None)
    code = error.code if error.code != "error" else None
    return problem(request, error.status, code=code, detail=error.message, headers=headers, extra=extra)


async def _to_sign_in(request: Request) -> Response:
    if request.method != "GET":
        return await _sign_in_again(request)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    suffix = f"?next={quote(back, safe='/')}" if back != "/" else ""
    return RedirectResponse(f"/connexion{suffix}", status_code=303)


async def _sign_in_again(request: Request) -> Response:
    form = await Form.read(request)
    # Files are not carried: they are closed at once.
    await request.close()
    sealed = carried.wrap(request.url.path, form)
    if not sealed:
        return RedirectResponse("/connexion", status_code=303)
    again = Form.filled(carried=sealed, remember=True)
    again.fail("", _("Votre session est finie. Reconnectez-vous : ce que vous avez écrit est gardé."))
    return render(request, "accounts/sign_in.html", {"form": again, "next": ""}, status=401)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = allowed(request)
    return problem(request, error.status_code, headers=headers)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request, 400, code="bad_json", detail=_("Le corps n’est pas du JSON lisible."))
    on_path = any(item["loc"][:1] == ("path",) for item in found)
    if on_path:
        # An address that can't be an id names nothing.
        return problem(request, 404)
    errors = {_field(item["loc"]): _sentence(item) for item in found}
    return problem(request, 422, extra={"errors": errors})


def _field(loc: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in loc if part not in ("body", "query", "header")]
    return ".".join(parts) or "body"


def _sentence(item: dict[str, Any]) -> str:
    """A French sentence for what pydantic found; its own, said by our validators, comes as it is."""
    given = item.get("ctx", {})
    known = {
        "missing": _("Ce champ est obligatoire."),
        "extra_forbidden": _("Ce champ est inconnu."),
        "uuid_type": _("Ce n’est pas un identifiant."),
        "uuid_parsing": _("Ce n’est pas un identifiant."),
        "bool_parsing": _("Répondez par true ou false."),
        "bool_type": _("Répondez par true ou false."),
        "int_parsing": _("Donnez un nombre entier."),
        "int_type": _("Donnez un nombre entier."),
        "int_from_float": _("Donnez un nombre entier."),
        "int_parsing_size": _("Ce nombre est trop grand."),
        "float_type": _("Donnez un nombre."),
        "float_parsing": _("Donnez un nombre."),
        "finite_number": _("Donnez un nombre."),
        "string_type": _("Donnez un texte."),
        "list_type": _("Donnez une liste."),
        "dict_type": _("Donnez un objet JSON."),
        "model_attributes_type": _("Donnez un objet JSON."),
        "model_type": _("Donnez un objet JSON."),
        "timezone_aware": _("Donnez le décalage horaire, par exemple +01:00."),
        "literal_error": _("Choisissez parmi : %(codes)s.")
        % {"codes": given.get("expected", "").replace(" or ", ", ")},
        "less_than_equal": _("Au plus %(limit)s.") % {"limit": given.get("le", "")},
        "greater_than_equal": _("Au moins %(limit)s.") % {"limit": given.get("ge", "")},
        "greater_than": _("Plus de %(limit)s.") % {"limit": given.get("gt", "")},
        "string_too_long": _("%(limit)s caractères au plus.") % {"limit": given.get("max_length", "")},
        "string_too_short": _("Ce texte est trop court."),
        "too_long": _("%(limit)s caractères au plus.") % {"limit": given.get("max_length", "")}
        if isinstance(item.get("input"), str)
        else _("Trop d’éléments : %(limit)s au plus.") % {"limit": given.get("max_length", "")},
    }
    kind = str(item["type"])
    if kind in known:
        return known[kind]
    if kind.startswith(("datetime", "date_", "time_")):
        return _("Donnez une date et une heure ISO 8601 avec décalage.")
    return str(item.get("msg", "")).removeprefix("Value error, ")


# PostgreSQL gave way to another transaction (serialisation, deadlock, lock): the same request works the next time.
CROSSED = frozenset({"40001", "40P01", "55P03"})


async def _database(request: Request, error: Exception) -> Response:
    if not _outage(error):
        return await _unexpected(request, error)
    return _unavailable(request, error)


def _outage(error: Exception) -> bool:
    """Whether the database is away. What goes wrong while connecting reaches us bare from asyncpg or the system; a
    missing template is an OSError too, but no outage.
    """
    known = (OperationalError, InterfaceError, ConnectionError, TimeoutError, PoolTimeout, gaierror)
    return isinstance(error, known) or _crossed(error) or type(error).__module__.startswith("asyncpg.")


def _crossed(error: Exception) -> bool:
    return getattr(getattr(error, "orig", None), "sqlstate", None) in CROSSED


def _unavailable(request: Request, error: Exception) -> Response:
    reason = (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]
    log.error("database unavailable: %s %s: %s", request.method, request.url.path, reason)
    return problem(request, 503, headers={"Retry-After": "1" if _crossed(error) else "30"})


async def _unexpected(request: Request, error: Exception) -> Response:
    if _outage(error):
        return _unavailable(request, error)
    log.error("unexpected error on %s %s: %r", request.method, request.url.path, error, exc_info=error)
    return problem(request, 500)


def refuse_foreign(scope: Scope) -> ASGIApp:
    """The answer of the cross-origin guard."""
    request = Request(scope)
    return problem(
        request, 403, code="cross_origin", detail=_("Cette demande vient d’un autre site. Ouvrez Civic et recommencez.")
    )
