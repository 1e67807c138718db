"""The `civic` command: exit status 0 done, 1 refused with a sentence on standard error, 2 usage; never a traceback."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from civic import __version__

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
ROLES = ("volunteer", "coordinator", "manager", "admin")
IMPORTS = ("sites", "volunteers", "shifts")
EXPORTS = ("csv", "xlsx", "parquet")
REPORTS = ("pdf", "xlsx", "csv", "json")


def _day(value: str) -> date:
    try:
        day = date.fromisoformat(value)
        if len(value) != len("2026-01-31") or not 1900 <= day.year <= 2100:
            raise ValueError
    except ValueError:
        message = f"{value!r} is not a day from 1900 to 2100 that exists, written YYYY-MM-DD"
        raise argparse.ArgumentTypeError(message) from None
    return day


def _number(smallest: int, largest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not smallest <= int(value) <= largest:
            raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from {smallest} to {largest}")
        return int(value)

    return read


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="civic", description="Shifts, encounters and reports of the Chaîne des Parcs.")
    top.add_argument("--version", action="version", version=f"civic {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serving(commands)
    _data(commands)
    _people(commands)
    return top


def _command(commands: "Commands", name: str, help_text: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=help_text, description=help_text)
    made.set_defaults(module=name)
    return made


def _serving(commands: "Commands") -> None:
    serve = _command(commands, "serve", "answer browsers and scripts")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_number(0, 65535), default=8000)
    serve.add_argument("--workers", type=_number(1, 64), default=1, help="processes that share the port")
    worker = _command(commands, "worker", "run the regular tasks and send the mails of the outbox")
    worker.add_argument("--once", action="store_true", help="do what is due, then stop")
    _command(commands, "migrate", "bring the database to this version's tables")
    rollups = _command(commands, "rollups", "the daily totals that reports add up")
    rollups.add_argument("verb", choices=("rebuild",), help="make all of them again from the rows")
    _command(commands, "check", "say whether settings, database and outbox are in order")


def _data(commands: "Commands") -> None:
    demo = _command(commands, "demo", "fill an empty database with invented people on the real sites")
    demo.add_argument("--scale", choices=("small", "large"), default="small")
    demo.add_argument("--seed", type=_number(0, 2**32 - 1), default=1)
    read = commands.add_parser("import", help="read rows from a CSV or XLSX file: all of them, or none")
    read.set_defaults(module="imports")
    read.add_argument("what", choices=IMPORTS)
    read.add_argument("file", type=Path, metavar="FILE")
    read.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
    export = _command(commands, "export", "write rows to a file")
    export.add_argument("what", choices=("encounters", "shifts", "hours"))
    report = _command(commands, "report", "write the activity report of a period to a file")
    report.add_argument("--site", metavar="ID")
    for command, formats in ((export, EXPORTS), (report, REPORTS)):
        command.set_defaults(formats=formats)
        command.add_argument("--format", choices=formats, help="default: what the end of FILE says, else csv")
        command.add_argument("--from", dest="first", type=_day, required=True, metavar="DAY", help="first day")
        command.add_argument("--to", dest="last", type=_day, required=True, metavar="DAY", help="last day, included")
        command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")


def _people(commands: "Commands") -> None:
    user = commands.add_parser("user", help="accounts")
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help="make an account and print a one-time link to choose its password")
    add.set_defaults(module="user")
    add.add_argument("email")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--birth-date", type=_day, metavar="DAY", help="required for a volunteer")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead")


def main(argv: Sequence[str] | None = None) -> int:
    understood = parser()
    args = understood.parse_args(argv)
    if args.command == "user" and args.role == "volunteer" and args.birth_date is None:
        understood.error("a volunteer needs --birth-date")
    from civic.commands.console import explain

    try:
        return int(import_module(f"civic.commands.{args.module}").run(args))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        print(f"civic: {explain(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
