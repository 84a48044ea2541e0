"""The bench: Rollcall and its peers, the same work, in turns.

    python -m bench [--quick] [--only NAME ...] [--publish]

Ten minutes, or one with --quick. --publish writes the figures, tables and the picture
of docs/PERFORMANCE.md; with --only the other scenarios keep the figures they had."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace

from bench import bus, compared, ours, page, peers_install, report, tables
from bench.compared import Effort
from bench.rows import Run, load, save

SCENARIOS = {
    "fan-out": compared.fan_out,
    "large fan-out": compared.large_fan_out,
    "small rooms": compared.small_rooms,
    "durable": compared.durable,
    "two workers": ours.two_workers,
    "idle": ours.idle,
    "crash": ours.crash,
    "snapshot": ours.snapshot,
    "bus": bus.bus,
}
QUICK = ("fan-out", "small rooms", "snapshot")
WHOLE_EFFORT = Effort(rounds=5, deliveries=15_000, seconds=2.0, crowd=5000)
QUICK_EFFORT = Effort(rounds=1, deliveries=10_000, seconds=1.0, crowd=500)
FILE = page.MEASURED / "bench.json"


def main() -> None:
    """Play the scenarios, tell the tables; publish them when asked to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--only", nargs="+", choices=list(SCENARIOS), default=[])
    options.add_argument("--rounds", type=int, help="instead of five")
    options.add_argument("--publish", action="store_true")
    chosen = options.parse_args()
    peers_install.install()
    effort = QUICK_EFFORT if chosen.quick else WHOLE_EFFORT
    effort = replace(effort, rounds=chosen.rounds or effort.rounds)
    names = chosen.only or (QUICK if chosen.quick else SCENARIOS)
    results = load(FILE)
    for name in names:
        started, before = time.monotonic(), os.getloadavg()[0]
        rows = SCENARIOS[name](effort)
        run = Run(page.circumstances(*report.PACKAGES), before, os.getloadavg()[0])
        results.replace(name, rows, run)
        print(f"\n{name} ({time.monotonic() - started:.0f} s)\n\n{tables.of(rows)}", flush=True)
        if chosen.publish:
            page.MEASURED.mkdir(exist_ok=True)
            save(FILE, results)
    if chosen.publish:
        report.publish(results)


if __name__ == "__main__":
    main()
