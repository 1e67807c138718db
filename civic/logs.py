"""One line per event on standard error, as text for people or JSON for a collector."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from civic import clock
from civic.paths import PACKAGE

# uvicorn tells again, with every frame, what civic.problems has already told in one line.
_TOLD_TWICE = "Exception in ASGI application"


def _frames(error: BaseException) -> str:
    """Where an unexpected error came from, innermost first: our own frames, and the very last one."""
    steps = traceback.extract_tb(error.__traceback__)
    ours = [step for step in steps if step.filename.startswith(str(PACKAGE)) or step is steps[-1]]
    named = [f"{step.filename.removeprefix(f'{PACKAGE.parent}/')}:{step.lineno}" for step in reversed(ours)]
    return " < ".join(named)


def one_line(error: BaseException) -> str:
    """An error and its place, on one line."""
    text = " ".join(str(error).split())
    return (
        f"{type(error).__name__}: {text} ({_frames(error)})"
        if error.__traceback__
        else f"{type(error).__name__}: {text}"
    )


def _flat(text: str) -> str:
    return "".join(c if c >= " " and c != "\x7f" else repr(c)[1:-1] for c in text)


class TextFormatter(logging.Formatter):
    """`2026-11-23 09:30:01 ERROR civic: what happened`; a line break that somebody sent is written as \\n."""

    def format(self, record: logging.LogRecord) -> str:
        moment = clock.local(datetime.fromtimestamp(record.created, UTC))
        line = f"{moment:%Y-%m-%d %H:%M:%S} {record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            line += f" [{one_line(record.exc_info[1])}]"
        return _flat(line)


class JsonFormatter(logging.Formatter):
    """The same as one JSON object, where an unexpected error keeps its whole traceback in one field."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        event: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            event["error"] = one_line(record.exc_info[1])
            event["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(event, ensure_ascii=False)


class Once(logging.Filter):
    """Keep out what was told already."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(_TOLD_TWICE)


def config(log_format: str) -> dict[str, Any]:
    """For logging.config.dictConfig; uvicorn applies it in each of its processes."""
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"once": {"()": Once}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "line",
                "filters": ["once"],
            }
        },
        "root": {"level": "WARNING", "handlers": ["console"]},
        "loggers": {"civic": {"level": "INFO"}, "uvicorn": {"level": "WARNING"}, "asyncio": {"level": "ERROR"}},
    }


def configure(log_format: str) -> None:
    """Set the logs of this process up."""
    from logging.config import dictConfig

    dictConfig(config(log_format))
    # A warning of a library is not an operator's business.
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")
