"""A real `civic serve` with the demo, and Chromium to look at it; for the end-to-end tests and the pictures."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

import httpx

from tests.postgres import die_with_parent

CIVIC = str(Path(sys.executable).parent / "civic")
PASSWORD = "demo-chaine-des-parcs"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 1}
DESK = {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 1}
EVERYWHERE = {"locale": "fr-FR", "timezone_id": "Europe/Paris"}


def chromium() -> str:
    """The browser's path; its absence fails, so that nobody believes the screens were tested."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CIVIC_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise RuntimeError("Chromium is missing: install Debian's package chromium, or name it in CIVIC_CHROMIUM")
    return found


def environment(**settings: str) -> dict[str, str]:
    """This process's, without anybody's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVIC_")}
    return kept | settings


def civic(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [CIVIC, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, check=False)


def load_demo(folder: Path, *options: str) -> Path:
    """The demo in `folder`/var/civic.db, which is what `civic serve` finds when it is started in `folder`."""
    done = civic("demo", *options, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"civic demo failed: {done.stderr}")
    return folder / "var" / "civic.db"


class Server:
    """A running server and its folder: `var/civic.db`, `var/mail/*.eml`, `log`."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def mails(self, to: str) -> list[EmailMessage]:
        """Mails to an address, oldest first."""
        files = sorted((self.folder / "var" / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        parsed = [message_from_bytes(file.read_bytes(), policy=modern) for file in files]
        return [mail for mail in parsed if mail["To"] == to]

    def wait_for_mail(self, to: str, count: int = 1) -> EmailMessage:
        """The newest mail to an address, once there are `count`; they leave within five seconds."""
        for _ in range(160):
            found = self.mails(to)
            if len(found) >= count:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"no mail number {count} to {to} came within 8 s")


@contextmanager
def serve(folder: Path, **settings: str) -> Iterator[Server]:
    """`civic serve` in `folder` on a free port, ended with the block. A traceback in its log is an error."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = Server(url, folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [CIVIC, "serve", "--port", str(port)],
            cwd=folder,
            env=environment(**{"CIVIC_BASE_URL": url, "CIVIC_OPEN_DATA": "1", **settings}),
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
    try:
        _wait_until_up(process, server)
        yield server
    finally:
        process.terminate()
        process.wait(15)
    assert "Traceback" not in server.log, server.log


def _wait_until_up(process: subprocess.Popen[bytes], server: Server) -> None:
    for _ in range(400):
        try:
            if httpx.get(f"{server.url}/healthz", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"civic serve did not start: {server.log}")
