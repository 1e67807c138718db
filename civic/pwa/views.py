"""The installable app: manifest, service worker at the root, the phone's modules, and the page of what waits there."""

import json

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, JSONResponse

from civic import clock
from civic.accounts.current import MaybeUser, VolunteerUser
from civic.db import Session
from civic.errors import NotFound
from civic.i18n import _
from civic.paths import STATIC
from civic.pwa.shifts import around
from civic.release import SHELL, WORKER, modules, phone, release
from civic.templating import static
from civic.web import render

router = APIRouter(include_in_schema=False)
FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/manifest.webmanifest")
async def manifest() -> Response:
    icons = [
        {"src": static(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"}
        for size in (192, 512)
    ]
    icons.append({"src": static("icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"})
    shown = {
        "id": "/",
        "name": _("Civic, la Chaîne des Parcs"),
        "short_name": "Civic",
        "lang": "fr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f4ee",
        "theme_color": "#f4f4ee",
        "icons": icons,
        "shortcuts": [{"name": _("Noter une rencontre"), "url": "/rencontres/nouvelle"}],
    }
    return JSONResponse(shown, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@router.get("/sw.js")
async def service_worker() -> Response:
    """The rules of static/phone/sw.js for this release; its bytes change with any file that it keeps."""
    addresses = ["/hors-ligne", *map(static, SHELL), *map(phone, modules())]
    names = f"const RELEASE = {json.dumps(release())};\nconst ASSETS = {json.dumps(addresses)};\n"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    text = names + (STATIC / WORKER).read_text(encoding="utf-8")
    return Response(text, media_type="text/javascript", headers=headers)


@router.get("/phone/{asked}/{name}")
async def module(asked: str, name: str) -> Response:
    """A module of this release; another release's is never answered with ours."""
    if asked != release() or name not in modules():
        raise NotFound
    return FileResponse(STATIC / modules()[name], media_type="text/javascript", headers={"Cache-Control": FOR_EVER})


@router.get("/hors-ligne")
async def offline(request: Request) -> Response:
    """What a phone shows for a page that it does not keep. It names nobody."""
    return render(request, "pwa/offline.html")


@router.get("/envois")
async def waiting(request: Request, user: VolunteerUser) -> Response:
    """What waits on this phone; the list itself is drawn there."""
    return render(request, "pwa/waiting.html")


@router.get("/telephone")
async def state(user: MaybeUser, session: Session) -> Response:
    """Who is signed in, the time here, and a volunteer's own shifts of these days, for the forms that open offline."""
    shown: dict[str, object] = {"account": None, "now": clock.now().isoformat(), "release": release(), "shifts": []}
    if user is not None and user.role == "volunteer":
        shown |= {"account": str(user.id), "shifts": await around(session, user)}
    return JSONResponse(shown, headers={"Cache-Control": "no-store"})
