"""A network of its own for one fault: python -m tests.faults.namespace FOLDER, inside `unshare -n`.

Ann comes from 127.0.0.7. Then packets from and to that address are dropped by routing: both ends
keep their connection and hear nothing, and nobody in between had to open it.
"""

import subprocess
import sys
from pathlib import Path

from tests.faults.house import GRACE_S, SETTINGS, SILENT_S, SLACK_S
from tests.support.crowd import Crowd
from tests.support.server import Server

ELSEWHERE = "127.0.0.7"
UP = ("link set lo up", "rule add pref 100 lookup local", "rule del pref 0")
GONE = (f"rule add pref 1 from {ELSEWHERE} blackhole", f"rule add pref 1 to {ELSEWHERE} blackhole")


def main() -> None:
    """Play the fault; the exit code is 0 when it ended as it should."""
    _ip(*UP)
    server = Server(Path(sys.argv[1]), settings={**SETTINGS, "ROLLCALL_HOST": "0.0.0.0"})
    try:
        server.start()
        _play(server)
        assert server.new_tracebacks() == []
    finally:
        server.stop()


def _play(server: Server) -> None:
    crowd = Crowd(server, 3)
    ann, *others = crowd.people
    crowd.meets(others)
    crowd.comes(ann, host=f"{ELSEWHERE}:{server.port}")
    crowd.sees_the_truth(within_s=SLACK_S)

    _ip(*GONE)
    gone_s = crowd.is_gone(ann)

    took_s = crowd.sees_the_truth(within_s=SILENT_S + SLACK_S)
    assert took_s >= GRACE_S
    crowd.assert_told(gone_s)
    crowd.goes_home()


def _ip(*orders: str) -> None:
    for order in orders:
        subprocess.run(["ip", *order.split()], check=True)


if __name__ == "__main__":
    main()
