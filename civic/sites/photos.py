"""A photo of a place: decoded with care, turned upright, stripped of all that it told, written anew.

Nothing of what was sent is kept but the picture's colours: a photo bears where, when and by which phone it was taken.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from civic import audit
from civic.accounts.models import User
from civic.errors import Refusal
from civic.i18n import _
from civic.settings import settings
from civic.sites.models import Site

MOST_BYTES = 8_000_000
# A phone's largest pictures have 50 million pixels; a bomb has thousands of millions in a few kilobytes.
MOST_PIXELS = 52_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 480
QUALITY = 80
THUMBNAIL = "-s"
ENDING = ".webp"
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as we write it, and its small copy."""

    large: bytes
    small: bytes


def redraw(content: bytes, most: int = MOST_BYTES) -> Photo:
    """Decode a picture of at most `most` bytes and draw it anew. Raises Refusal at the field `photo`."""
    if len(content) > most:
        raise too_heavy(most)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _refused("photo_too_large", _("Cette image a trop de pixels. Réduisez-la puis recommencez."))
            # A JPEG is decoded at a fraction of its size where that is enough: less time, less memory.
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = _flat(ImageOps.exif_transpose(opened))
    except UNREADABLE:
        text = _("Ce fichier n’est pas une photo lisible. Envoyez une image JPEG, PNG ou WebP entière.")
        raise _refused("photo_unreadable", text) from None
    return Photo(_written(upright, LONGEST_SIDE), _written(upright, THUMBNAIL_SIDE))


def too_heavy(most: int = MOST_BYTES) -> Refusal:
    text = _("Cette photo dépasse %(n)s Mo. Choisissez-en une plus légère.") % {"n": most // 1_000_000}
    return _refused("photo_too_heavy", text)


def _refused(code: str, message: str) -> Refusal:
    return Refusal(code, message, field="photo")


def _flat(picture: Image.Image) -> Image.Image:
    """Plain colours on white, on a new sheet: what stood beside the pixels does not come along."""
    clear = picture.convert("RGBA")
    sheet = Image.new("RGB", clear.size, "white")
    sheet.paste(clear, mask=clear.getchannel("A"))
    return sheet


def _written(picture: Image.Image, longest: int) -> bytes:
    copy = picture.copy()
    copy.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    written = BytesIO()
    copy.save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()


def folder() -> Path:
    return settings().files / "sites"


def name_of(site: Site, photo: Photo) -> str:
    """The digest of the picture and of its place, so that no two places share a file that one of them may remove."""
    return hashlib.sha256(site.id.encode() + b"\0" + photo.large).hexdigest()


def files_of(name: str, home: Path | None = None) -> tuple[Path, Path]:
    home = home or folder()
    return home / f"{name}{ENDING}", home / f"{name}{THUMBNAIL}{ENDING}"


async def set_photo(session: AsyncSession, site: Site, photo: Photo, alt: str, *, by: User) -> None:
    """Give a place its photo and tell in words what it shows."""
    name = name_of(site, photo)
    await run_in_threadpool(keep, folder(), name, photo)
    if site.photo and site.photo != name:
        drop_after_commit(session, folder(), site.photo)
    site.photo, site.photo_alt = name, alt
    audit.record(session, by=by, verb="site.photo_set", subject=site)


def describe_photo(session: AsyncSession, site: Site, alt: str, *, by: User) -> None:
    """Change the words alone."""
    if site.photo and site.photo_alt != alt:
        site.photo_alt = alt
        audit.record(session, by=by, verb="site.updated", subject=site, detail={"fields": ["photo_alt"]})


def remove_photo(session: AsyncSession, site: Site, *, by: User) -> None:
    """Take a place's photo away; again changes nothing."""
    if not site.photo:
        return
    drop_after_commit(session, folder(), site.photo)
    site.photo, site.photo_alt = "", ""
    audit.record(session, by=by, verb="site.photo_removed", subject=site)


def keep(home: Path, name: str, photo: Photo) -> None:
    """Whole files or none: a reader never meets half a picture."""
    home.mkdir(parents=True, exist_ok=True)
    for file, content in zip(files_of(name, home), (photo.large, photo.small), strict=True):
        descriptor, drawn = tempfile.mkstemp(dir=home, suffix=".part")
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
        Path(drawn).replace(file)


def drop_after_commit(session: AsyncSession, home: Path, *names: str) -> None:
    """Remove the files once the row no longer names them; a rollback keeps them, and one lost already is no error.

    Not from within a savepoint: SQLAlchemy takes its release for a commit.
    """
    going = [file for name in names for file in files_of(name, home)]
    event.listen(session.sync_session, "after_rollback", lambda _session: going.clear(), once=True)
    event.listen(session.sync_session, "after_commit", partial(_drop, going), once=True)


def _drop(files: list[Path], _session: object) -> None:
    for file in files:
        file.unlink(missing_ok=True)
