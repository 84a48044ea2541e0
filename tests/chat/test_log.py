"""Logging: one line a message, in either form, ours and the libraries' alike."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from chat import log
log.configure("{level}", "{form}")
structlog.contextvars.bind_contextvars(request_id="abc")
structlog.get_logger("ours").info("session began", user_id="u1")
structlog.get_logger("ours").debug("not to be seen")
logging.getLogger("theirs").warning("a library says %s", "so")
logging.getLogger("engineio").info("chatter")
logging.getLogger("markdown_it.rules_block").debug("chatter")
try:
    1 / 0
except ZeroDivisionError as defect:
    structlog.get_logger("ours").error("request failed", exc_info=defect)
"""


def printed(form: str, level: str = "info") -> str:
    """Return what a process that logs in that form wrote to standard error."""
    program = PROGRAM.format(form=form, level=level)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_json_is_one_object_a_line() -> None:
    """Collectors get fields; a traceback is inside of its line."""
    ours, theirs, failed = [json.loads(line) for line in printed("json").splitlines()]
    assert ours["event"] == "session began"
    assert (ours["level"], ours["user_id"], ours["request_id"]) == ("info", "u1", "abc")
    assert (theirs["event"], theirs["level"]) == ("a library says so", "warning")
    assert failed["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_console_is_for_people() -> None:
    """Message, level and fields are there without colours in a file, then the traceback."""
    lines = printed("console")
    assert "session began" in lines
    assert "user_id=u1" in lines
    assert "a library says so" in lines
    assert "ZeroDivisionError" in lines
    assert "not to be seen" not in lines
    assert "chatter" not in lines
    assert "\x1b[" not in lines


def test_debug_is_ours_and_not_each_step_of_a_library() -> None:
    """One message of 4 000 characters would be 100 000 lines."""
    lines = printed("console", "debug")
    assert "not to be seen" in lines
    assert "chatter" not in lines
