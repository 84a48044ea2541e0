"""What only Linux has, by prctl: elsewhere nothing happens, and the caller does without.

Source: prctl(2).
"""

import ctypes
import sys

_SET_PDEATHSIG = 1
_SET_NAME = 15
_SET_CHILD_SUBREAPER = 36


def end_with_parent(number: int) -> None:
    """Get that signal when the parent ends; a process that it starts does not inherit this."""
    _prctl(_SET_PDEATHSIG, number)


def take_name(name: str) -> None:
    """Be shown by that name in ps, top and /proc/PID/comm; at most 15 bytes."""
    _prctl(_SET_NAME, ctypes.create_string_buffer(name.encode()))


def adopt_orphans() -> bool:
    """From here on whoever loses its parent below this process becomes its child; say whether."""
    return _prctl(_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: object) -> bool:
    if sys.platform != "linux":
        return False
    done: int = ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    return done == 0
