"""What an end-to-end test may ask for. These tests are plain functions: Playwright's sync API and asyncio don't mix.

server   tests.browser.Server: a `civic serve` on the demo; server.url, server.wait_for_mail(to). One for all files of a
         worker, since each start takes seconds: a test minds its own things in it. A file that plans whole weeks, or
         asks for what nobody has touched, says `OWN_SERVER = True` and has one to itself
phone    a page of 390 × 844 with touch, nobody signed in; the test fails on console errors, breaches of the content
         security policy, requests to another host and answers of 500 and more
desk     the same at 1440 × 900
sign_in  `sign_in(page, "volontaire@demo.example")`: through the interface, without the form
proxy    tests.e2e.cut.Proxy in front of the server: it cuts, answers or keeps silent where it is told
volunteer  tests.e2e.field.Field: a volunteer signed in on a phone behind the proxy
axe      `axe(page)`: fails on serious and critical accessibility violations, with a list
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.browser import DESK, EVERYWHERE, FLAGS, PASSWORD, PHONE, Server, chromium, load_demo, serve
from tests.e2e.cut import Proxy, proxy_to
from tests.e2e.field import VOLUNTEER, Field

AXE = Axe()
# What passes is not told apart, node by node: nobody reads it, and it takes axe most of its time.
VIOLATIONS_ONLY = {"resultTypes": ["violations"]}


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo's database, made once for all workers: the first comer makes it while the others wait at the lock."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "ready"
        if not ready.exists():
            load_demo(folder)
            ready.touch()
    return folder / "var" / "civic.db"


@contextmanager
def demo_server(demo_file: Path, folder: Path) -> Iterator[Server]:
    shutil.copytree(demo_file.parent, folder / "var")
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="session")
def common_server(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with demo_server(demo_file, tmp_path_factory.mktemp("common")) as running:
        yield running


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, demo_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    if not getattr(request.module, "OWN_SERVER", False):
        yield request.getfixturevalue("common_server")
        return
    with demo_server(demo_file, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Stopped with each file, since its event loop would be in the way of the asynchronous tests that follow."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@contextmanager
def watched_page(browser: Browser, server: Server, **shape: Any) -> Iterator[Page]:
    with watched(browser, server, **shape) as (page, problems):
        yield page
        page.context.close()
        assert not problems, "\n".join(problems)


@contextmanager
def watched(browser: Browser, server: Server, **shape: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a context of its own, and what went wrong on it so far."""
    context = browser.new_context(base_url=server.url, **EVERYWHERE, **shape)
    context.set_default_timeout(10_000)
    page = context.new_page()
    host = urlsplit(server.url).netloc
    problems: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 on purpose is told by Chromium too; a missing static file is not on purpose.
        wanted = message.text.startswith("Failed to load resource") and "/static/" not in message.location["url"]
        if message.type == "error" and not wanted:
            problems.append(f"console: {message.text} ({message.location['url']})")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc != host:
            problems.append(f"request to another host: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 500:
            problems.append(f"{response.status}: {response.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: problems.append(f"script: {error.error}"))
    context.on("request", on_request)
    context.on("response", on_response)
    yield page, problems
    context.close()


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    with watched_page(browser, server, **PHONE) as page:
        yield page


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Page]:
    with watched_page(browser, server, **DESK) as page:
        yield page


@pytest.fixture
def sign_in() -> Callable[[Page, str], None]:
    def signing_in(page: Page, email: str, password: str = PASSWORD) -> None:
        answer = page.request.post("/api/v1/auth/login", form={"username": email, "password": password})
        assert answer.status == 204, answer.text()

    return signing_in


@pytest.fixture
def axe() -> Callable[[Page], None]:
    def check(page: Page) -> None:
        found = AXE.run(page, options=VIOLATIONS_ONLY).response["violations"]
        grave = [violation for violation in found if violation["impact"] in {"serious", "critical"}]
        assert not grave, f"{page.url}\n" + "\n".join(map(_readable, grave))

    return check


def _readable(violation: dict[str, Any]) -> str:
    nodes = [f"    {' '.join(map(str, node['target']))}: {node['html'][:160]}" for node in violation["nodes"][:5]]
    more = len(violation["nodes"]) - len(nodes)
    rest = [f"    and {more} more"] if more > 0 else []
    return "\n".join([f"  {violation['impact']} {violation['id']}: {violation['help']}", *nodes, *rest])


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with proxy_to(server.url) as running:
        yield running


@contextmanager
def in_the_field(
    browser: Browser, server: Server, proxy: Proxy, sign_in: Callable[[Page, str], None], email: str
) -> Iterator[Field]:
    """A volunteer's phone behind the proxy; an error in a script fails the test."""
    context = browser.new_context(base_url=proxy.url, **EVERYWHERE, **PHONE)
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    sign_in(page, email)
    yield Field(page, proxy, server)
    context.close()
    assert errors == []


@pytest.fixture
def volunteer(browser: Browser, server: Server, proxy: Proxy, sign_in: Callable[[Page, str], None]) -> Iterator[Field]:
    with in_the_field(browser, server, proxy, sign_in, VOLUNTEER) as phone:
        yield phone
