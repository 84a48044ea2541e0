"""People, faults and an oracle; Ctrl-C ends it in good order, with its table.

python -m tests.soak [--minutes 60] [--people 100] [--workers 2] [--seed N] [--report FOLDER]
python -m tests.soak --delivery [--minutes 5] [--messages 5000] [--database postgresql]"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.soak import delivered, report
from tests.soak.delivered import Delivery
from tests.soak.delivery import Wharf
from tests.soak.script import Script
from tests.soak.town import Plan, Town
from tests.support.postgres import Postgres


def main() -> int:
    """Print what happens and the closing table; 1 when anything diverged."""
    asked = _options().parse_args()
    return _delivery(asked) if asked.delivery else _soak(asked)


def _soak(asked: argparse.Namespace) -> int:
    plan = Plan(
        people=asked.people or 100,
        workers=asked.workers,
        seed=asked.seed,
        scale=asked.scale,
        pace_s=asked.pace_s,
        period_s=asked.period_s,
        seconds=(asked.minutes or 60) * 60,
    )
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-soak-") as folder,
        Town(plan, Path(folder)) as town,
    ):
        script = Script(town, _say)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: script.ends())
        findings = script.plays()
    report.write(findings, asked.report)
    print(report.as_markdown(findings))
    return 0 if findings.is_right else 1


def _delivery(asked: argparse.Namespace) -> int:
    plan = Delivery(
        clients=asked.people or 20,
        messages=asked.messages,
        seconds=(asked.minutes or 5) * 60,
        seed=asked.seed,
        kill_every_s=20,
        kills=1000,
        kill_calm=100,
        redis_restarts=2,
        networks=4,
        network_pause_s=4,
        network_calm=50,
    )
    with ExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="rollcall-delivery-"))
        url = ""
        if asked.database == "postgresql":
            postgres = Postgres()
            closing.callback(postgres.stop)
            postgres.start()
            url = postgres.fresh_database()
        found = closing.enter_context(Wharf(plan, Path(folder), url)).runs(_say)
    delivered.write(found, asked.report)
    _say(delivered.as_markdown(found))
    return 1 if found.wrong else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.soak")
    options.add_argument("--minutes", type=float, help="60; of a delivery run 5")
    options.add_argument("--people", type=int, help="100; of a delivery run 20")
    options.add_argument("--workers", type=int, default=2, help="at least 2: one lives throughout")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--scale", type=float, default=0.5, help="of every timing")
    options.add_argument("--pace-s", type=float, default=10, help="between two acts of a person")
    options.add_argument("--period-s", type=float, default=30, help="between two faults")
    options.add_argument("--delivery", action="store_true", help="everybody writes, R6 is judged")
    options.add_argument("--messages", type=int, default=5000, help="of a delivery run")
    options.add_argument(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="of a delivery run"
    )
    options.add_argument("--report", type=Path, default=Path("data/soak"))
    return options


if __name__ == "__main__":
    sys.exit(main())
