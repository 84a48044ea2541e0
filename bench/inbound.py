"""What one message costs on its way in, in rooms of five: CPU by process, acks, and by step.

    python -m bench.inbound [--a-second 500] [--rounds 3] [--workers 1] [--steps]

CPU seconds are of /proc, so they hold on a shared machine. --steps asks py-spy, where it is
installed, which function of the worker the time is spent under, and adds up by the steps below:
a sample belongs to the innermost frame that names a step. Source: docs/adr/0015."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from bench import client
from bench.figures import Spread, percentile
from bench.houses import RollcallHouse, rollcall_house
from bench.work import Heard, Meter, Post, as_fast_as_it_goes, idle_cores, paced

ROOMS, PEOPLE = 100, 5
SECONDS = 4.0
IDLE_S = 4.0
SAMPLES_A_SECOND = 400

STEPS = (  # file, function ("" for any), step; the first that matches a frame names it
    ("outgoing.py", "", "deliver: write to the sockets"),
    ("delivery.py", "", "deliver: to members here"),
    ("connections.py", "send", "deliver: to members here"),
    ("wire", "event_text", "encode the event"),
    ("fanout.py", "", "fan-out"),
    ("bus.py", "", "bus"),
    ("markdown.py", "", "Markdown"),
    ("db.py", "", "SQL: begin, end, pool"),
    ("sqlalchemy/pool", "", "SQL: begin, end, pool"),
    ("sqlalchemy", "_commit_impl", "SQL: commit"),
    ("revs.py", "", "SQL: seq"),
    ("sqlalchemy", "execute", "SQL: other statements"),
    ("messages/", "", "post: the rest"),
    ("acks.py", "", "acks"),
    ("wire", "", "check the payload"),
    ("packets.py", "decode", "decode the packet"),
    ("packets.py", "", "packets"),
    ("buckets.py", "", "rate limits"),
    ("socketio/", "", "python-socketio"),
    ("edge", "has_tokens", "rate limits"),
    ("edge", "pause", "pause for others"),
    ("frames.py", "", "read the frame"),
    ("incoming.py", "", "read the frame"),
    ("edge", "", "edge"),
    ("eventlet/", "", "hub"),
    ("greenlet", "", "hub"),
    ("redis/", "", "Redis"),
    ("presence/", "", "presence"),
)


def main() -> None:
    """Measure and tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--a-second", type=int, default=500)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--steps", action="store_true")
    chosen = options.parse_args()
    with rollcall_house(workers=chosen.workers) as house:
        client.run(_play(house, chosen))


async def _play(house: RollcallHouse, chosen: argparse.Namespace) -> None:
    seats = {f"s{n}": [f"r{n // PEOPLE}"] for n in range(ROOMS * PEOPLE)}
    house.settle(seats)
    heard = Heard(house.begins)
    await house.open(seats, heard.hear)
    idle = (await idle_cores([house], IDLE_S))[house.name]
    count = int(chosen.a_second * SECONDS)
    # Rooms take turns, so that what arrives together is of many rooms.
    order = [f"s{room * PEOPLE + one}" for one in range(PEOPLE) for room in range(ROOMS)]
    posts = [Post(seat, seats[seat][0]) for seat in (order[n % len(order)] for n in range(count))]
    spent = [await _round(house, heard, posts, idle, chosen.a_second) for _ in range(chosen.rounds)]
    print(f"CPU a message, all processes: {Spread.of(spent)}")
    if chosen.steps:
        await _steps(house, posts, chosen.a_second)
    rates = [
        await as_fast_as_it_goes(house, posts, seconds=2.0, window=100)
        for _ in range(chosen.rounds)
    ]
    print(f"as fast as it goes, 100 on their way: {Spread.of(rates)} /s")
    await house.empty()


async def _round(
    house: RollcallHouse, heard: Heard, posts: list[Post], idle: float, a_second: int
) -> float:
    meter, heard.count, before = Meter(house, idle), 0, house.costs()
    meter.start()
    waits_s = await paced(house, posts, a_second)
    await heard.reaches(PEOPLE * len(posts))
    spent_us = meter.cpu_s() / len(posts) * 1e6
    parts = house.costs().since(before).by_part.items()
    told = ", ".join(f"{part} {cost.cpu_s / len(posts) * 1e6:.0f}" for part, cost in parts)
    p50, p99 = (percentile(waits_s, share) * 1e3 for share in (0.5, 0.99))
    print(f"{a_second}/s: {spent_us:.0f} us ({told}); ack p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return spent_us


async def _steps(house: RollcallHouse, posts: list[Post], a_second: int) -> None:
    spy = shutil.which("py-spy")
    if spy is None:
        raise SystemExit("--steps needs py-spy")
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        stacks = Path(folder) / "stacks"
        words = [spy, "record", "-p", str(house.server.worker_pids[0]), "-f", "raw", "-F"]
        words += ["-d", f"{SECONDS:.0f}", "-r", str(SAMPLES_A_SECOND), "-o", str(stacks)]
        watching = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own words
        await asyncio.sleep(0.3)
        await paced(house, posts, a_second)
        await asyncio.to_thread(watching.wait)
        print(_table(stacks.read_text()))


def _table(stacks: str) -> str:
    """Each step's share of the samples in which the worker ran, the greatest first."""
    shares: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        shares[step_of(stack.split(";"))] += int(count)
    total = shares.total()
    return "\n".join(f"{n / total * 100:5.1f} %  {step}" for step, n in shares.most_common())


def step_of(frames: list[str]) -> str:
    """The step of a stack, outermost frame first, each `function (file:line)`."""
    for frame in reversed(frames):
        function, _, place = frame.partition(" (")
        file = place.partition(":")[0]
        for in_file, of_function, step in STEPS:
            if in_file in file and of_function in ("", function):
                return step
    return "other"


if __name__ == "__main__":
    main()
