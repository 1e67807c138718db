"""Logs: one line per event, whatever was sent or raised."""

import json
import logging
import sys

import pytest

from civic.logs import JsonFormatter, Once, TextFormatter


def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    found = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("civic", logging.ERROR, __file__, 1, message, (), found)


def raised() -> BaseException:
    try:
        raise KeyError("a\nb")
    except KeyError:
        error = sys.exc_info()[1]
        assert error
        return error


def test_text_is_one_line() -> None:
    line = TextFormatter().format(record("POST /x\nERROR civic: forged \x1b[31m", raised()))
    assert "\n" not in line
    assert "\x1b" not in line
    assert "ERROR civic: POST /x\\nERROR civic: forged" in line
    assert "KeyError: 'a\\nb' (" in line
    assert "test_logs.py:" in line


def test_json_keeps_the_traceback_in_one_field() -> None:
    line = JsonFormatter().format(record("déjà", raised()))
    assert "\n" not in line
    event = json.loads(line)
    assert (event["level"], event["message"]) == ("error", "déjà")
    assert event["traceback"].startswith("Traceback")


@pytest.mark.parametrize(("message", "kept"), [("Exception in ASGI application\n", False), ("anything else", True)])
def test_what_was_told_is_not_told_again(message: str, kept: bool) -> None:
    assert Once().filter(record(message)) is kept
