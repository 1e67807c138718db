"""civic serve"""

import os
import signal
import socket
import sys
from argparse import Namespace
from types import FrameType

import uvicorn

from civic import __version__, logs
from civic.commands.console import Stop, read_settings, say
from civic.commands.database import prepare, shown


def run(args: Namespace) -> int:
    settings = read_settings()
    # The port comes first: a second server must not touch the database of the first.
    listening = _listen(args.host, args.port)
    try:
        prepare(settings.database_url, migrate=settings.sqlite)
    except BaseException:
        listening.close()
        raise
    config = uvicorn.Config(
        "civic.app:create_app",
        factory=True,
        workers=args.workers,
        log_config=logs.config(settings.log_format),
        access_log=False,
        ws="none",
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=10,
        # Longer than clients and proxies keep an idle connection: nobody writes into one that is just being closed.
        timeout_keep_alive=75,
    )
    port = listening.getsockname()[1]
    host = f"[{args.host}]" if ":" in args.host else args.host
    if not settings.production and "base_url" not in settings.model_fields_set:
        # Links in mails lead to where this server listens; worker processes read it from the environment.
        reachable = "127.0.0.1" if args.host in ("0.0.0.0", "::") else host
        os.environ["CIVIC_BASE_URL"] = f"http://{reachable}:{port}"
        read_settings(again=True)
    say(f"Civic {__version__} on http://{host}:{port} ({shown(settings.database_url)}), Ctrl-C stops it.")
    # uvicorn stops in good order, then raises the signal again: that is a good end.
    signal.signal(signal.SIGTERM, _end)
    try:
        return _serve(config, listening)
    except KeyboardInterrupt:
        return 0


def _serve(config: uvicorn.Config, listening: socket.socket) -> int:
    if config.workers > 1:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(config, sockets=[listening]).run()
        return 0
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return 0 if server.started else 1


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises Stop when the port is taken or the address is not ours."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise Stop(f"There is no address {host!r}.") from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(2048)
    except OSError as error:
        made.close()
        raise Stop(f"The port {port} of {host} can't be used: {(error.strerror or str(error)).lower()}.") from None
    made.set_inheritable(True)
    return made
