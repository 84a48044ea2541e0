"""Stands still for a while in a named function; prints the log."""

import serving.worker  # isort: skip # noqa: F401 - patches first

import io
import sys
import time

import structlog

from chat import green
from chat.stalls import Stalls


def computes_for_too_long() -> None:
    """Nothing else runs meanwhile."""
    end_s = time.monotonic() + 0.6
    while time.monotonic() < end_s:
        sum(range(1_000))


def main() -> None:
    """Watch, stand still, let the watch find it."""
    out = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    stalls = Stalls()
    stalls.start()
    time.sleep(0.3)
    computes_for_too_long()
    while not out.getvalue():
        green.pause()
        time.sleep(0.01)
    stalls.stop()
    sys.stdout.write(out.getvalue().splitlines()[0])


if __name__ == "__main__":
    main()
