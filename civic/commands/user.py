"""civic user add"""

import asyncio
import sys
from argparse import Namespace

from civic.commands.console import Stop, read_settings, say
from civic.commands.database import prepare
from civic.db import Database
from civic.errors import Refusal
from civic.volunteers.actions import add_user


def run(args: Namespace) -> int:
    settings = read_settings()
    password = _password() if args.password_stdin else None
    prepare(settings.database_url, migrate=settings.sqlite)
    try:
        link = asyncio.run(_add(settings.database_url, args, password))
    except Refusal as refusal:
        if refusal.code == "email_taken":
            raise Stop(f"There is already an account for {args.email}.") from None
        raise Stop(f"The account can't be made: {refusal.message}") from None
    say(f"Account made: {args.email.strip().lower()}, {args.role}.")
    if link:
        say("Link to choose a password, good once and for a week:")
        say(link)
    return 0


def _password() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise Stop("No password on standard input.")
    return line


async def _add(url: str, args: Namespace, password: str | None) -> str | None:
    database = Database(url)
    try:
        async with database.writing() as session:
            _user, link = await add_user(session, args.email, args.role, args.name, args.birth_date, password)
            return link
    finally:
        await database.dispose()
