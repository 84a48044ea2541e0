"""python -m tests.conformance [rollcall] [stock] [--report PAGE] [--only TEXT] [--lanes N]"""

import argparse
import sys
from pathlib import Path

from tests.conformance import report
from tests.conformance.oracle import Kind
from tests.conformance.rollcall import Rollcall
from tests.conformance.runner import Factory, run
from tests.conformance.scenarios import SCENARIOS
from tests.conformance.stock.adapter import Stock

DEPLOYMENTS: dict[str, Factory] = {"rollcall": Rollcall, "stock": Stock}


def main() -> int:
    """Print the table, and write it into the report; 1 when Rollcall was wrong anywhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("deployments", nargs="*", choices=[*DEPLOYMENTS, []], default=[])
    parser.add_argument("--report", type=Path, help="the page whose table is replaced")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("--lanes", type=int, default=1, help="deployments side by side")
    asked = parser.parse_args()
    chosen = [one for one in SCENARIOS if asked.only in one.name]
    names = asked.deployments or list(DEPLOYMENTS)
    columns = [run(DEPLOYMENTS[name], chosen, lanes=asked.lanes) for name in names]
    print(report.table(columns, chosen))
    if asked.report:
        report.write(asked.report, columns, chosen)
    ours = columns[names.index("rollcall")].verdicts.values() if "rollcall" in names else ()
    return int(any(one.kind is not Kind.RIGHT for one in ours))


if __name__ == "__main__":
    sys.exit(main())
