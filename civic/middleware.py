"""What holds for every request: security headers, no cross-origin writes, no oversized body."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civic.db import SAFE_METHODS
from civic.settings import settings

MAX_BODY = 1_000_000
# What takes files has a limit of its own: the file's, and some room for the form around it.
ROOMIER = {"/imports": 10_100_000}
PHOTO = re.compile(r"/sites/[^/]+/photo")
PHOTO_BODY = 8_100_000
# What a volunteer's phone takes on the spot is heavier.
SEEN = re.compile(r"/signalements/(nouveau|[^/]+/photo)|/api/v1/site-reports/[^/]+/photo")
SEEN_BODY = 12_100_000
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class SecurityHeaders:
    """A strict policy on every answer; static files that carry their hash are kept for a year."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = _policy(scope["path"])
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if settings().production:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
                _cache(scope, message["status"], headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _policy(path: str) -> str:
    """The page of the map alone may ask for pictures elsewhere: the tiles of the server that an operator named."""
    host = settings().tiles_host if path == "/sites" else ""
    return CSP.replace("img-src 'self'", f"img-src 'self' {host}") if host else CSP


def _cache(scope: Scope, status: int, headers: MutableHeaders) -> None:
    if scope["path"].startswith("/static/") and status in (200, 304):
        versioned = b"v=" in scope["query_string"]
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
    elif scope["path"].startswith("/api/") and "cache-control" not in headers:
        headers["Cache-Control"] = "no-store"


class OriginGuard:
    """Refuse an unsafe request that another site's page sent (403). One with neither header is no browser's."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Scope], ASGIApp]) -> None:
        self.app = app
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _foreign(Headers(scope=scope)):
            await self.refuse(scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _foreign(headers: Headers) -> bool:
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None and fetch_site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    ours = {headers.get("host", ""), urlsplit(settings().base_url).netloc}
    return urlsplit(origin).netloc not in ours


def _most(path: str) -> int:
    if PHOTO.fullmatch(path):
        return PHOTO_BODY
    return SEEN_BODY if SEEN.fullmatch(path) else ROOMIER.get(path, MAX_BODY)


class BodyLimit:
    """Stop reading a body past MAX_BODY bytes, or the limit of a path that takes files (413), announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        most = _most(path)
        announced = Headers(scope=scope).get("content-length", "0")
        too_big = announced.isdigit() and int(announced) > most
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if too_big or seen > most:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)
