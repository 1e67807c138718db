"""What a phone keeps to work with no network, as one set: its files, its addresses and the name of their release.

The modules of static/phone import one another by relative addresses, so each release has a folder of its own, and no
page ever mixes two of them.
"""

import hashlib
from functools import lru_cache

from civic.paths import STATIC

WORKER = "phone/sw.js"
IDB = "vendor/idb.js"
# What the pages that open with no network ask for, beside the modules.
SHELL = (
    "app.css",
    "attendance.css",
    "fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "favicon.svg",
    "icon-180.png",
    "icons.svg",
    "vendor/htmx.min.js",
    "vendor/idiomorph-ext.min.js",
    "app.js",
    "detector.json",
)


@lru_cache
def modules() -> dict[str, str]:
    """The file in static/ behind each name in a release's folder."""
    own = sorted(file.name for file in (STATIC / "phone").glob("*.js"))
    return {name: f"phone/{name}" for name in own if f"phone/{name}" != WORKER} | {"idb.js": IDB}


@lru_cache
def release() -> str:
    """The name of what the phone would keep now: it changes with any byte of it."""
    digest = hashlib.sha256()
    for path in (*SHELL, *modules().values(), WORKER):
        digest.update(path.encode())
        digest.update((STATIC / path).read_bytes())
    return digest.hexdigest()[:12]


def phone(name: str) -> str:
    """The address of a module of the phone."""
    return f"/phone/{release()}/{name}"
