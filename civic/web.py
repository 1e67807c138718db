"""From a handler to a page: render, redirect with a message, addresses of static files."""

import hashlib
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import Request
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from civic import formats, i18n
from civic.paths import STATIC, TEMPLATES
from civic.settings import settings

Tone = Literal["ok", "warn", "bad", "info"]
FLASH = "civic_flash"
THEMES = ("light", "dark")


@lru_cache
def static(path: str) -> str:
    """The address of a static file, with the start of its hash: browsers may keep it for ever."""
    file = STATIC / path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "0"
    return f"/static/{path}?v={digest}"


@lru_cache
def environment() -> Environment:
    """Jinja with autoescape and gettext; an unknown name in a template is an error, not a blank."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=not settings().production,
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(static=static, query=query)
    formats.install(env)
    return env


def query(params: dict[str, Any], **changes: Any) -> str:
    """`?a=1&b=2` from filters, with some changed; empty values leave the address."""
    merged = {**params, **changes}
    pairs = [(key, value) for key, value in merged.items() if value not in (None, "", [])]
    return "?" + urlencode(pairs, doseq=True) if pairs else "?"


def render(
    request: Request, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HTMLResponse:
    """A page. The templates find user, path, flashes, theme and lang beside the context."""
    flashes = _read_flash(request)
    values = {
        "user": getattr(request.state, "user", None),
        "path": request.url.path,
        "flashes": flashes,
        "theme": _theme(request),
        "lang": i18n.language(),
        "request_params": dict(request.query_params),
        **(context or {}),
    }
    response = HTMLResponse(environment().get_template(template).render(values), status_code=status)
    response.headers["Cache-Control"] = "no-store" if values["user"] else "no-cache"
    if flashes:
        response.delete_cookie(FLASH, path="/")
    return response


def redirect(to: str, flash: str | None = None, tone: Tone = "ok") -> Response:
    """Go on to a page of ours after a POST (303), perhaps with a message that it shows once."""
    response = RedirectResponse(to, status_code=303)
    if flash:
        value = _signer().dumps([{"text": flash, "tone": tone}])
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
