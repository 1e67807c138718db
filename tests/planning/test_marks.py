"""The signs of the slots, which planning.css draws, are those of icons.svg; every sign a slot may show is there."""

import re
from urllib.parse import unquote

import pytest

from civic.paths import STATIC

STYLES = (STATIC / "planning.css").read_text("utf-8")
MARKS = dict(re.findall(r'\.m-([a-z0-9-]+) \{ --m: url\("data:image/svg\+xml,([^"]*)"\)', STYLES))
SYMBOLS = {
    name: (box, body)
    for name, box, body in re.findall(
        r'<symbol id="([^"]+)" viewBox="([^"]+)">(.*?)</symbol>', (STATIC / "icons.svg").read_text("utf-8"), re.S
    )
}
SHOWN = {"leaf", "heart-handshake", "zap", "flag", "ban", "triangle-alert", "users-round", "pair-0", "pair-1", "pair-2"}


def test_every_sign_of_a_slot_is_drawn() -> None:
    assert set(MARKS) == SHOWN


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_it_is_drawn_as_elsewhere(name: str) -> None:
    box, body = SYMBOLS.get(name) or SYMBOLS[f"i-{name}"]
    drawn = unquote(MARKS[name]).replace("'", '"')
    assert f'viewBox="{box}"' in drawn
    assert body.strip().replace("currentColor", "#000") in drawn
