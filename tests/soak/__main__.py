"""People, faults and an oracle; Ctrl-C ends it in good order, with its table.

python -m tests.soak [--minutes 60] [--people 100] [--workers 2] [--seed N] [--report FOLDER]"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.soak import report
from tests.soak.script import Script
from tests.soak.town import Plan, Town


def main() -> int:
    """Print what happens and the closing table; 1 when anything diverged."""
    asked = _options().parse_args()
    plan = Plan(
        people=asked.people,
        workers=asked.workers,
        seed=asked.seed,
        scale=asked.scale,
        pace_s=asked.pace_s,
        period_s=asked.period_s,
        seconds=asked.minutes * 60,
    )
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-soak-") as folder,
        Town(plan, Path(folder)) as town,
    ):
        script = Script(town, lambda line: print(line, flush=True))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: script.ends())
        findings = script.plays()
    report.write(findings, asked.report)
    print(report.as_markdown(findings))
    return 0 if findings.is_right else 1


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.soak")
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--people", type=int, default=100)
    options.add_argument("--workers", type=int, default=2, help="at least 2: one lives throughout")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--scale", type=float, default=0.5, help="of every timing")
    options.add_argument("--pace-s", type=float, default=10, help="between two acts of a person")
    options.add_argument("--period-s", type=float, default=30, help="between two faults")
    options.add_argument("--report", type=Path, default=Path("data/soak"))
    return options


if __name__ == "__main__":
    sys.exit(main())
