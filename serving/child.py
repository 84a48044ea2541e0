"""How the supervisor runs a module of ours: the same interpreter, the settings as environment."""

import os
import sys
from pathlib import Path

from chat.config import Config

ROOT = Path(__file__).resolve().parent.parent  # where `chat` and `serving` are imported from
# A password costs 19 MiB for a moment. glibc would keep that, once for each thread that hashed: a
# worker had 155 MB after forty sign-ins, and has 95. From this size on memory is given back at once
# (mallopt(3)); it is 11 ms more for a hash.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
WORKER_NAME = "rollcall-worker"  # in ps and top: a forked process has the nursery's command line


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line; -P keeps the folder one happens to be in off the import path."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environ(config: Config) -> dict[str, str]:
    """Return the environment: ours, the settings as they were resolved, and the way to the code."""
    given = os.environ.get("PYTHONPATH")
    path = f"{ROOT}{os.pathsep}{given}" if given else str(ROOT)
    return {**MALLOC, **os.environ, **config.to_environ(), "PYTHONPATH": path}
