"""civic migrate"""

from argparse import Namespace

from civic.commands.console import read_settings, say
from civic.commands.database import prepare, shown
from civic.migrate import head


def run(args: Namespace) -> int:
    url = read_settings().database_url
    prepare(url, migrate=True)
    say(f"{shown(url)} is at {head()}.")
    return 0
