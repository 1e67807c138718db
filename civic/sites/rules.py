"""What a place must be: its name in an address, and where on the ground it may lie."""

import re
from collections.abc import Collection

from civic.formats import LIGATURES, plain

# The three intermunicipalities, with a margin of a few kilometres: a point outside is a slip of the keyboard.
LATITUDES = (50.3, 50.7)
LONGITUDES = (2.2, 3.2)
SLUG_MAX = 40
# Addresses under /sites that are no place.
RESERVED = frozenset({"nouveau", "fermetures"})


def slug_of(name: str, taken: Collection[str] = ()) -> str:
    """« Parc des Îles » → parc-des-iles, then parc-des-iles-2: the id of a new site, never changed afterwards."""
    base = re.sub(r"[^a-z0-9]+", "-", plain(name).translate(LIGATURES)).strip("-")[:SLUG_MAX].rstrip("-") or "lieu"
    slug, number = base, 1
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{base[: SLUG_MAX - len(str(number)) - 1]}-{number}"
    return slug
