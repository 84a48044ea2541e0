"""One worker's end of the bus, for bench/bus.py: python -m bench.bus_end URL ROOM

It says "ready"; for each line "COUNT BURST GAP_S" it publishes that many entries, so many at a
time, waits that long after Redis took them, and says "done" in the end. ROOM "" is none."""

from __future__ import annotations

from chat import green

green.patch()

import sys  # noqa: E402 - after the patch, as in a worker
import time  # noqa: E402

from chat.bus import Bus  # noqa: E402
from chat.redis_client import connect  # noqa: E402

ROOM = "room"
FRAME = f'2["message:new","{"x" * 380}"]'
POLL_S = 0.002


def main(url: str, room: str) -> None:
    """Serve until the input ends."""
    bus = Bus(connect(url, size=2), lambda *_: None, lambda: None, pause=green.pause)
    if room:
        bus.hears(room, is_here=True)
    bus.start()
    while not bus.is_reading:
        time.sleep(POLL_S)
    print("ready", flush=True)
    while line := green.call_in_pool(sys.stdin.readline):
        count, burst, gap_s = line.split()
        _publish(bus, int(count), int(burst), float(gap_s))
        print("done", flush=True)


def _publish(bus: Bus, count: int, burst: int, gap_s: float) -> None:
    for _ in range(0, count, burst):
        for _ in range(burst):
            bus.publish("room", ROOM, FRAME)
        while bus.backlog:
            time.sleep(POLL_S)
        time.sleep(gap_s)


if __name__ == "__main__":
    main(*sys.argv[1:])
