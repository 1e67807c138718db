"""Signs that nobody sees: they make two names look the same, turn a title round, or hide in a search."""

import re

# Of no width, and those that turn the direction of reading.
INVISIBLE = re.compile(r"[\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def visible(text: str) -> str:
    """A text without them."""
    return INVISIBLE.sub("", text)
