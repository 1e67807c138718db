"""Pictures of every page, as a phone and as a desk shows them, into docs/screens. Served from a demo of its own."""

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import DESK, EVERYWHERE, FLAGS, PASSWORD, PHONE, Server, chromium, load_demo, serve
from tests.pages import SCREENS, Screen, address

SEED = "62"
COLOURS = 128


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dark", action="store_true", help="the dark theme; its pictures end in -dark")
    parser.add_argument("--full", action="store_true", help="the whole page instead of the first view")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these pages alone (names of tests/pages.py)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    return parser.parse_args()


def small(png: bytes) -> bytes:
    """The same picture with a palette: flat colours lose nothing that the eye sees, and two thirds of their bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def picture(browser: Browser, server: Server, screen: Screen, shape: dict, chosen: argparse.Namespace) -> bytes:
    theme = "dark" if chosen.dark else "light"
    context = browser.new_context(
        base_url=server.url, color_scheme=theme, reduced_motion="reduce", **EVERYWHERE, **shape
    )
    page = context.new_page()
    if screen.who:
        page.request.post("/api/v1/auth/login", form={"username": screen.who, "password": PASSWORD})
    page.goto(address(screen, page.request))
    page.evaluate("document.fonts.ready")
    png = page.screenshot(full_page=chosen.full)
    context.close()
    return small(png)


def main() -> int:
    chosen = options()
    chosen.out.mkdir(parents=True, exist_ok=True)
    wanted = [screen for screen in SCREENS if not chosen.only or screen.name in chosen.only]
    failed = 0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        load_demo(folder, "--seed", SEED)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with serve(folder) as server:
            for screen in wanted:
                for width, shape in ((390, PHONE), (1440, DESK)):
                    file = chosen.out / f"{screen.name}-{width}{'-dark' if chosen.dark else ''}.png"
                    try:
                        file.write_bytes(picture(browser, server, screen, shape, chosen))
                        print(f"{file.name}  {file.stat().st_size // 1000} kB")
                    except Exception as error:
                        failed += 1
                        print(f"{file.name}  FAILED: {error}", file=sys.stderr)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
