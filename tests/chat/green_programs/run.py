"""Runs one of these programs from a test."""

import json
import subprocess
import sys
from typing import Any


def run_green(program: str, *arguments: str) -> dict[str, Any]:
    """Return what the program printed; it runs in a patched process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.chat.green_programs.{program}", *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed
