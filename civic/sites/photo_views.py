"""The photo of a place: sent by who keeps the place, seen by everybody."""

import re

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from civic.accounts.current import CurrentUser
from civic.db import Session
from civic.errors import NotFound, Refusal
from civic.forms import Form
from civic.i18n import _
from civic.sites import photos
from civic.sites.models import Site
from civic.sites.views import EditableSite, editable_site, find_site
from civic.web import redirect, render

router = APIRouter(include_in_schema=False)
NAME = re.compile(r"[0-9a-f]{64}(-s)?\.webp")
ALT_MAX = 200


@router.get("/sites/{site_id}/photo")
async def edit(request: Request, site: EditableSite) -> Response:
    return _page(request, site, Form.filled(photo_alt=site.photo_alt))


@router.post("/sites/{site_id}/photo")
async def send(request: Request, user: CurrentUser, site: EditableSite, session: Session) -> Response:
    """A file with words for it, or new words for the photo that is there."""
    try:
        data = await request.form(max_fields=20, max_files=1)
    except HTTPException as error:
        if error.status_code != 413:
            raise
        form = Form.filled(photo_alt=site.photo_alt)
        form.fail("photo", photos.too_heavy().message)
        return _page(request, site, form, status=413)
    form, file = Form.of(data), data.get("photo")
    content = await file.read(photos.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    await data.close()
    alt = form.text("photo_alt", maximum=ALT_MAX)
    if not content and not site.photo:
        form.fail("photo", _("Choisissez une photo."))
    if not form.ok:
        return _page(request, site, form, status=422)
    if not content:
        photos.describe_photo(session, site, alt, by=user)
        return redirect(f"/sites/{site.id}", flash=_("Photo enregistrée."))
    # Drawing takes a second or so, and nothing is written yet: nobody who writes has to wait for it.
    session.expunge_all()
    await session.rollback()
    try:
        photo = await run_in_threadpool(photos.redraw, content)
    except Refusal as refusal:
        form.fail(refusal.field or "", refusal.message)
        return _page(request, site, form, status=422)
    held = editable_site(await find_site(site.id, user, session), user)
    await photos.set_photo(session, held, photo, alt, by=user)
    return redirect(f"/sites/{site.id}", flash=_("Photo enregistrée."))


@router.post("/sites/{site_id}/photo/suppression")
async def remove(user: CurrentUser, site: EditableSite, session: Session) -> Response:
    photos.remove_photo(session, site, by=user)
    return redirect(f"/sites/{site.id}", flash=_("Photo retirée."))


@router.get("/photos/{name}")
async def show(name: str) -> Response:
    """The picture itself: its name is its content's digest, so it is kept for as long as people like."""
    file = photos.folder() / name
    if not NAME.fullmatch(name) or not await run_in_threadpool(file.is_file):
        raise NotFound
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file, media_type="image/webp", headers=kept)


def _page(request: Request, site: Site, form: Form, *, status: int = 200) -> Response:
    return render(request, "sites/photo.html", {"site": site, "form": form, "maximum": ALT_MAX}, status=status)
