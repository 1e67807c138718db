"""A throw-away PostgreSQL for the tests: started from Debian's (or the PATH's) programs, gone at the end."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg
from sqlalchemy import text

from civic.db import Database

# Nothing here has to survive a power cut.
CONFIG = (
    "fsync=off synchronous_commit=off full_page_writes=off autovacuum=off wal_level=minimal max_wal_senders=0 "
    "shared_buffers=64MB max_connections=80 jit=off log_min_messages=error"
)
TEMPLATE = "civic_template"


def _program(name: str) -> str:
    newest_first = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, newest_first), None)
    if found is None:
        raise RuntimeError(f"PostgreSQL's {name} is missing: install Debian's package postgresql")
    return found


def _fastest_place() -> str | None:
    """Memory where there is plenty: a clone takes 30 ms there, and ten times as long on a slow disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return str(memory) if roomy else None


class Cluster:
    """A running server, and databases cloned from a template that was migrated once.

    A clone is made ahead and dropped behind by a thread of its own, while the tests run: waiting for the two at each
    test took a sixth of the whole suite.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._names = count(1)
        self._side = ThreadPoolExecutor(1, thread_name_prefix="clones")
        self._ahead: Future[str] | None = None

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    def make_template(self, upgrade: Callable[[str], None]) -> None:
        self._run(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.url(TEMPLATE))

    @contextmanager
    def clone(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a fresh database, dropped after the block, whoever is still connected."""
        if template == TEMPLATE:
            ready = self._ahead or self._side.submit(self._make)
            self._ahead = self._side.submit(self._make)
            name = ready.result()
        else:
            name = self._make(template)
        yield self.url(name)
        self._side.submit(self._run, f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._side.shutdown()

    def _make(self, template: str = TEMPLATE) -> str:
        name = f"civic_{next(self._names)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def _run(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user="postgres", database="postgres")
            await connection.execute(statement)
            await connection.close()

        asyncio.run(run())


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server of our own on the loopback; as root it runs as `nobody`, since PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="civic-pg-", dir=_fastest_place()))
    who = "nobody" if os.geteuid() == 0 else None
    if who:
        shutil.chown(folder, who)
    data = folder / "data"
    init = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run([_program("initdb"), *init, "-D", data], user=who, cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [part for setting in CONFIG.split() for part in ("-c", setting)]
    where = ["-D", str(data), "-k", str(folder), "-p", str(port), "-h", "127.0.0.1"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [_program("postgres"), *where, *options], user=who, cwd=folder, stderr=log, preexec_fn=die_with_parent
        )
    try:
        _wait_until_ready(server, data / "postmaster.pid", folder / "log")
        running = Cluster(port)
        yield running
        running.close()
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, whoever is connected
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def die_with_parent() -> None:
    """Between fork and exec: a test run that is killed outright leaves no server behind (Linux only)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)


def _wait_until_ready(server: subprocess.Popen[bytes], pid_file: Path, log: Path) -> None:
    """The last line of the server's own pid file says so."""
    for _ in range(600):
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")


async def somebody_waits(db: Database) -> None:
    """Until a transaction of this database stands at a lock that another holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(3000):
        async with db.reading() as session:
            if await session.scalar(text(waiting)):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody came to wait")
