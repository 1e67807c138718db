"""What a phone downloads: sizes, pinned libraries with their hashes, and no reference to a file that isn't there."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from civic.release import SHELL, modules, phone
from civic.templating import environment, static

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
FONT = "fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2"
# What base.html asks for on every page; the font is already compressed.
SCRIPTS = ("vendor/htmx.min.js", "vendor/idiomorph-ext.min.js", "app.js")
BUDGET = 90_000
FIRST_VISIT = 12
SHELL_BUDGET = 150_000


def compressed(path: str) -> int:
    return len(gzip.compress((STATIC / path).read_bytes(), 5))


def blank_page(**changes: object) -> str:
    values = {"user": None, "path": "/", "flashes": [], "theme": "", "lang": "fr", **changes}
    return environment().from_string('{% extends "_layout.html" %}').render(values)


def library_files() -> list[dict[str, object]]:
    entries: list[dict[str, object]] = json.loads((STATIC / "vendor/manifest.json").read_text())
    return entries


@pytest.mark.parametrize("entry", library_files(), ids=lambda entry: str(entry["name"]))
def test_a_vendored_file_is_the_one_of_the_manifest(entry: dict[str, object]) -> None:
    file = STATIC / "vendor" / str(entry["file"])
    assert (STATIC / "vendor" / str(entry["licence_file"])).is_file()
    assert entry["version"]
    if "sha256" in entry:
        assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]
        assert file.stat().st_size == entry["bytes"]


def test_every_vendored_script_is_in_the_manifest() -> None:
    named = {entry["file"] for entry in library_files()}
    assert {file.name for file in (STATIC / "vendor").glob("*.js")} <= named


def test_a_page_stays_under_its_budget() -> None:
    total = compressed("app.css") + sum(map(compressed, SCRIPTS)) + (STATIC / FONT).stat().st_size
    assert total <= BUDGET
    assert (STATIC / "app.js").stat().st_size <= 6_000


def test_all_that_a_phone_keeps_stays_under_its_budget() -> None:
    """The shell, in all; the font and the pictures are compressed already."""
    files = (*SHELL, *modules().values(), "phone/sw.js")
    assert sum(map(compressed, files)) <= SHELL_BUDGET


def test_a_module_imports_only_what_is_in_its_release() -> None:
    for name, path in modules().items():
        asked = set(re.findall(r'from "\./([^"]+)"', (STATIC / path).read_text()))
        assert asked <= set(modules()), f"{name}: {sorted(asked - set(modules()))}"
        assert (STATIC / path).read_text().count("\n") < 320


class Assets(HTMLParser):
    """The addresses that a browser fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(f"<{tag}>")
        address = given.get("src") or (given.get("href") if tag in ("link", "use") else None)
        if address:
            self.addresses.append(address.partition("#")[0])


def test_a_first_visit_is_a_few_requests_to_files_that_exist() -> None:
    assets = Assets()
    assets.feed(blank_page())
    assert assets.inline == []
    distinct = set(assets.addresses)
    assert 1 + len(distinct) <= FIRST_VISIT
    assert "/static/app.css" in {address.partition("?")[0] for address in distinct}
    ours = {"/manifest.webmanifest", *map(phone, modules())}
    assert phone("start.js") in distinct
    for address in distinct - ours:
        path = address.removeprefix("/static/").partition("?")[0]
        assert address == static(path)
        assert (STATIC / path).is_file()


def test_the_stylesheet_asks_for_the_font_under_its_preloaded_address() -> None:
    """Two addresses would fetch the font twice; the version follows the file."""
    found = re.search(r'url\("(fonts/[^"]+)"\)', (STATIC / "app.css").read_text())
    assert found
    assert f"/static/{found[1]}" == static(FONT)


def test_templates_use_only_signs_of_the_sprite() -> None:
    symbols = set(re.findall(r'<symbol id="i-([\w-]+)"', (STATIC / "icons.svg").read_text()))
    for file in TEMPLATES.rglob("*.html"):
        used = set(re.findall(r'(?:icon|sign)\("([\w-]+)"', file.read_text()))
        assert used <= symbols, f"{file.name}: {sorted(used - symbols)}"


def test_no_style_attribute_in_a_page() -> None:
    """The content security policy would drop it. Mails are no pages: mailboxes know no stylesheet."""
    pages = [file for file in TEMPLATES.rglob("*.html") if "mail" not in file.parts]
    inline = re.compile(r"<[^>]*\sstyle=|<style|<script(?![^>]*src=)")
    styled = [file.name for file in pages if inline.search(re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.S))]
    assert styled == []
