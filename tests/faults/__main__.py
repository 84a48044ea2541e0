"""python -m tests.faults [--times N] [--rows 1,2,...] [--long]: the fault table, again and again.

A line a round. The first red round ends it, and what it printed is kept.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.server import ROOT

LONG = {"ROLLCALL_TEST_CLIENTS": "500", "ROLLCALL_TEST_LONG": "1"}


def main() -> int:
    """Play the rounds; 1 when one was red."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="rounds to play")
    parser.add_argument("--rows", default="", help="only these rows of docs/FAULTS.md: 1,13,21")
    parser.add_argument("--long", action="store_true", help="500 clients, and longer outages")
    asked = parser.parse_args()
    environment = {**os.environ, **(LONG if asked.long else {})}
    for number in range(1, asked.times + 1):
        if not _play(number, asked.rows, environment):
            return 1
    return 0


def _play(number: int, rows: str, environment: dict[str, str]) -> bool:
    began_s = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.faults.rows"]
    played = subprocess.run(
        [*command, "-n", "3", "--dist", "loadfile", f"--rows={rows}", "tests"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = played.stdout.strip().splitlines()
    print(f"round {number}: {said[-1] if said else 'nothing'} ({time.monotonic() - began_s:.0f} s)")
    if played.returncode != 0:
        kept = Path(tempfile.gettempdir()) / f"rollcall-faults-{os.getpid()}.txt"
        kept.write_text(played.stdout)
        print(f"stopped; what it printed: {kept}")
    return played.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
