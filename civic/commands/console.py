"""What the commands share: speaking to the operator, stopping with a sentence, telling any error in one."""

import sys
from typing import TYPE_CHECKING

from pydantic import ValidationError

from civic.errors import CivicError, Invalid
from civic.logs import one_line

if TYPE_CHECKING:
    from civic.settings import Settings


class Stop(Exception):
    """The command can't go on: its sentence goes to standard error and the exit status is 1."""


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_settings(*, again: bool = False) -> "Settings":
    """The settings, and the logs as they ask; `again` after the environment changed. Raises Stop for a wrong one."""
    from civic import logs
    from civic.settings import settings

    if again:
        settings.cache_clear()
    try:
        found = settings()
    except ValidationError as error:
        raise Stop(_settings_sentence(error)) from None
    logs.configure(found.log_format)
    return found


def _settings_sentence(error: ValidationError) -> str:
    """Names the variables and never shows their values: one may be a secret."""
    problems = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        message = item["msg"].removeprefix("Value error, ")
        name = "_".join(str(part) for part in item["loc"]).upper()
        problems.append(f"CIVIC_{name}: {message[:1].lower()}{message[1:]}" if name else message)
    return "Wrong settings: " + "; ".join(problems) + "."


def explain(error: BaseException) -> str:
    """One plain sentence for whatever stopped a command."""
    if isinstance(error, Stop):
        return str(error)
    if isinstance(error, Invalid):
        return error.message or " ".join(error.errors.values())
    if isinstance(error, CivicError):
        return error.message or error.code
    if isinstance(error, TimeoutError):
        return "The database did not answer in time."
    if isinstance(error, OSError) and type(error).__module__ == "builtins":
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror or error}."
    if type(error).__module__.startswith("asyncpg"):
        return f"The database can't do this: {str(error).rstrip('.')}."
    return _database_sentence(error) or f"Unexpected error: {one_line(error)}"


def _database_sentence(error: BaseException) -> str | None:
    from sqlalchemy.exc import DBAPIError

    if not isinstance(error, DBAPIError):
        return None
    reason = str(error.orig or error).strip().splitlines()[0]
    # asyncpg's adapter puts the class of the driver's error before its words.
    reason = reason.rpartition(">: ")[2].rstrip(".")
    return f"The database can't do this: {reason}."
