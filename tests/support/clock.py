"""A clock that jumps, for one process alone: libfaketime, preloaded, reads it from a file."""

import importlib.util
import os
from pathlib import Path

SYSTEM = Path("/usr/lib")
WHEEL_FILE = "vendor/libfaketime/src/libfaketime.so.1"


def library() -> Path | None:
    """Return libfaketime from its wheel or from the system; None where there is none."""
    wheel = importlib.util.find_spec("libfaketime")  # found, not imported
    if wheel is not None and wheel.origin is not None:
        file = Path(wheel.origin).parent / WHEEL_FILE
        if file.exists():
            return file
    return next(iter(sorted(SYSTEM.glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """The time of day as one process sees it; its monotonic clock goes on as ever."""

    def __init__(self, folder: Path) -> None:
        """Raise FileNotFoundError where libfaketime is not there."""
        found = library()
        if found is None:
            raise FileNotFoundError("no libfaketime: pip install libfaketime")
        self._library = found
        self._offset = folder / "clock"
        self.jumps_to(0)

    def jumps_to(self, offset_s: int) -> None:
        """The clock is offset_s away from the true time when this returns."""
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}")
        fresh.replace(self._offset)

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that goes by this clock."""
        return {
            **os.environ,
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
