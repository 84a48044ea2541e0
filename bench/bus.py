"""What a message costs the bus: its sender, a worker with members of the room, one without, Redis.

    python -m bench.bus [--workers 3] [--members 1] [--burst 1] [--gap-ms 10] [--count 300]

The workers' ends of the bus are processes of their own, as the hub of eventlet is one for each: one
sends so many at a time, the next ones when Redis took these and a gap is over; some have members of
the room, the others have none. So what is measured is trips, not how far a busy machine puts them
together: "reads" tells how often all ends together asked Redis for more, a message. What they cost
idle is taken off. Microseconds of CPU a message, the median of the rounds, their least and most.
Source: docs/adr/0019."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis

from bench.compared import Effort
from bench.figures import Spread
from bench.rows import OURS, US_MESSAGE, Rounds, Row
from serving.embedded_redis import find_binary

ROOM = "room"
SENDER, WITH, WITHOUT = "sender", "with members", "without members"
REDIS, TOGETHER, READS = "Redis", "together", "reads"
HOUSES = ((2, 0), (8, 1))  # workers, and how many of them have members, beside the sender
IDLE_S = 3.0
SETTLE_S = 0.3


class Load(NamedTuple):
    """What the sender does in one round."""

    messages: int
    burst: int
    gap_s: float


class End:
    """One process that takes part: a worker's end (bench/bus_end.py), or Redis."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name = name
        self.process = process

    def cpu_us(self) -> float:
        """The CPU that all its threads used so far."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in threads) / 1e3

    def asks(self, words: str) -> str:
        """One line goes to the end; return its answer."""
        if self.process.stdin is None:
            raise ValueError("Redis is not asked so")
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        """Return its next line."""
        return self.process.stdout.readline() if self.process.stdout else ""


def bus(effort: Effort) -> list[Row]:
    """A message to a room that hardly any worker has members of: one at a time, 10 ms apart."""
    rounds = Rounds("bus")
    for workers, members in HOUSES:
        costs = _costs(Load(300, 1, 0.01), _rooms(workers, members), effort.rounds)
        for name in (SENDER, WITH, WITHOUT, REDIS):
            for cost in costs.get(name, []):
                rounds.add(OURS, f"{workers} workers: {name}", US_MESSAGE, cost)
    return rounds.rows()


def main() -> None:
    """Measure and tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--members", type=int, default=1, help="workers, beside the sender")
    options.add_argument("--burst", type=int, default=1, help="messages at a time")
    options.add_argument("--gap-ms", type=int, default=10)
    options.add_argument("--count", type=int, default=300, help="messages a round")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    rooms = _rooms(chosen.workers, chosen.members)
    load = Load(chosen.count, chosen.burst, chosen.gap_ms / 1e3)
    print(f"{len(rooms)} workers, {load}, load of the machine {os.getloadavg()[0]:.1f}")
    _tell(_costs(load, rooms, chosen.rounds))


def _rooms(workers: int, members: int) -> list[tuple[str, str]]:
    """Each worker's kind and room: the sender first."""
    rooms = [(SENDER, ROOM), *(((WITH, ROOM),) * members)]
    return rooms + [(WITHOUT, "")] * (workers - len(rooms))


def _tell(costs: dict[str, list[float]]) -> None:
    for name, each in costs.items():
        spread = Spread.of(each)
        print(f"{name:16} {spread.median:7.1f}   ({spread.least:.1f} to {spread.most:.1f})")


def _costs(load: Load, rooms: Sequence[tuple[str, str]], rounds: int) -> dict[str, list[float]]:
    costs: dict[str, list[float]] = defaultdict(list)
    with _redis() as (url, server), ExitStack() as stack:
        ends = [stack.enter_context(_end(url, name, room)) for name, room in rooms]
        for _ in range(rounds):
            for name, cost in _round(url, [*ends, server], load).items():
                costs[name].append(cost)
    return costs


def _round(url: str, ends: Sequence[End], load: Load) -> dict[str, float]:
    """What a message costs one worker of each kind, Redis and all; and how many reads."""
    with redis.Redis.from_url(url) as client:
        idle_s, idle = _spent(client, ends, lambda: time.sleep(IDLE_S))
        busy_s, busy = _spent(client, ends, lambda: ends[0].asks(" ".join(map(str, load))))
    return {
        name: (spent - idle[name] * busy_s / idle_s) / load.messages for name, spent in busy.items()
    }


def _spent(
    client: redis.Redis, ends: Sequence[End], work: Callable[[], object]
) -> tuple[float, dict[str, float]]:
    """Seconds that the work took, and microseconds of CPU that each used meanwhile."""
    began_s, reads = time.monotonic(), _reads(client)
    before = [end.cpu_us() for end in ends]
    work()
    time.sleep(SETTLE_S)
    used = [end.cpu_us() - spent for end, spent in zip(ends, before, strict=True)]
    costs = {end.name: spent for end, spent in zip(ends, used, strict=True)}
    costs |= {TOGETHER: sum(used), READS: float(_reads(client) - reads)}
    return time.monotonic() - began_s, costs


def _reads(client: redis.Redis) -> int:
    calls: Any = client.info("commandstats")  # redis-py types it as awaitable
    return int(calls.get("cmdstat_xread", {}).get("calls", 0))


@contextmanager
def _redis() -> Iterator[tuple[str, End]]:
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        socket = Path(folder) / "redis.sock"
        words = [find_binary(), "--port", "0", "--unixsocket", str(socket), "--save", ""]
        with _process([*words, "--dir", folder, "--loglevel", "warning"]) as process:
            while not socket.exists():
                time.sleep(0.05)
            yield f"unix://{socket}", End(REDIS, process)


@contextmanager
def _end(url: str, name: str, room: str) -> Iterator[End]:
    with _process([sys.executable, "-m", "bench.bus_end", url, room]) as process:
        end = End(name, process)
        if end.answer() != "ready\n":
            raise RuntimeError(f"the end of the {name} did not begin")
        yield end


@contextmanager
def _process(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 - our own argument list, no shell
        try:
            yield process
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
