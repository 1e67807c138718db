"""Which methods an address answers: HEAD wherever GET, and a refused method is told all the others."""

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Answer HEAD as GET would, headers and all, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


def allowed(request: Request) -> str:
    """The `Allow` header of an address. The framework knows the methods of the first route there only."""
    found: set[str] = set()
    for route in _walk(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.url.path):
            # What is mounted, the static files, is only read.
            found |= getattr(route, "methods", None) or {"GET"}
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


def _walk(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes, and those of the routers that they include."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _walk(included.routes) if included else (route,)
