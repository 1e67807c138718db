"""From a handler to a page: render, redirect with a message."""

from typing import Any, Literal

from fastapi import Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import HTMLResponse, RedirectResponse, Response

from civic import i18n
from civic.release import release
from civic.settings import settings
from civic.templating import environment

Tone = Literal["ok", "warn", "bad", "info"]
FLASH = "civic_flash"
THEMES = ("light", "dark")
# For the service worker: whose page this is (`-`: no volunteer's; none where nobody looked) and of which release; and,
# from it, that a page is asked for to be kept.
ACCOUNT, RELEASE, KEEPING = "Civic-Account", "Civic-Release", "Civic-Keeping"


def render(
    request: Request, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HTMLResponse:
    """A page. The templates find user, path, flashes, theme and lang beside the context."""
    user = getattr(request.state, "user", None)
    warmed = KEEPING in request.headers
    flashes = [] if warmed else _read_flash(request)
    values = {
        "user": user,
        "path": request.url.path,
        "flashes": flashes,
        "theme": _theme(request),
        "lang": i18n.language(),
        "request_params": dict(request.query_params),
        **(context or {}),
    }
    response = HTMLResponse(environment().get_template(template).render(values), status_code=status)
    response.headers["Cache-Control"] = "no-store" if values["user"] else "no-cache"
    if hasattr(request.state, "user"):
        response.headers[ACCOUNT] = str(user.id) if user and user.role == "volunteer" else "-"
    if flashes:
        response.delete_cookie(FLASH, path="/")
    else:
        # A page with a message is shown once: the phone keeps only pages that carry their release.
        response.headers[RELEASE] = release()
    return response


def redirect(to: str, flash: str | None = None, tone: Tone = "ok", link: tuple[str, str] | None = None) -> Response:
    """Go on to a page of ours after a POST (303), perhaps with a message that it shows once, perhaps with a link in it
    (address, words), for a way back."""
    response = RedirectResponse(to, status_code=303)
    if flash:
        href, label = link or ("", "")
        value = _signer().dumps([{"text": flash, "tone": tone, "href": href, "label": label}])
        response.set_cookie(FLASH, str(value), max_age=120, httponly=True, samesite="lax", secure=settings().production)
    return response


def safe_next(target: str | None, default: str = "/") -> str:
    """A path of ours to go on to; anything that a browser could take for another site becomes the default."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    return default if any(character in target for character in "\\\r\n\t") else target


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page (a boosted link asks for the whole)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def _theme(request: Request) -> str:
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else ""


def _read_flash(request: Request) -> list[dict[str, str]]:
    raw = request.cookies.get(FLASH)
    if not raw:
        return []
    try:
        return list(_signer().loads(raw))
    except BadSignature:
        return []


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="flash")
