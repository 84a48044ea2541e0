"""How many connections one worker holds, and what it does with the one too many.

    python -m bench.hold [--connections 3000] [--hold-s 30]

Part 1 opens the connections, asks each a question, holds them over several heartbeats and asks
again. Part 2 runs into the limit of open files: what is too many must be told 503, and never be
left hanging."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter

import psutil

from bench import client
from bench.client import LoadConnection, RefusedError, connect, connect_all
from bench.figures import percentile
from bench.people import sign_up
from bench.server import RunningServer, running

TABS_PER_PERSON = 20
OPEN_FILES_IN_PART_2 = 1024


async def ask_all(connections: list[LoadConnection]) -> list[float]:
    """Seconds each connection waited for the answer to a question, in the order of waiting."""

    async def ask(connection: LoadConnection) -> float:
        started = time.perf_counter()
        answer = await connection.ask("message:since", {"rooms": {}})
        if "error" in answer:
            raise RuntimeError(f"refused: {answer['error']}")
        return time.perf_counter() - started

    return sorted(await asyncio.gather(*(ask(connection) for connection in connections)))


async def hold(server: RunningServer, cookies: list[str], hold_s: float) -> None:
    """Part 1; prints its figures and raises when a connection was lost."""
    before, started = server.costs(), time.perf_counter()
    connections = await connect_all(server.door, cookies)
    opened, count = server.costs(), len(connections)
    took_s = time.perf_counter() - started
    spent = opened.since(before).total
    print(f"{count} connections open after {took_s:.1f} s")
    print(f"  CPU a connect, all processes: {spent.cpu_s / count * 1e6:.0f} us")
    print(f"  memory a connection, all processes: {spent.rss_bytes / count / 1024:.0f} KiB")
    _tell("asked all at once", await ask_all(connections))
    idle = server.costs()
    await asyncio.sleep(hold_s)
    lost = sum(connection.closed.is_set() for connection in connections)
    print(f"  held for {hold_s:.0f} s: {lost} lost; of a core:")
    for part, cost in server.costs().since(idle).by_part.items():
        print(f"    {part} {cost.cpu_s / hold_s * 100:.1f} %")
    _tell("asked again", await ask_all(connections))
    if lost:
        raise SystemExit(f"{lost} connections were lost")


def _tell(what: str, waits_s: list[float]) -> None:
    p50, p99 = (percentile(waits_s, share) * 1000 for share in (0.5, 0.99))
    print(f"  {what}: {len(waits_s)} answers, p50 {p50:.0f} ms, p99 {p99:.0f} ms")


async def overrun(server: RunningServer, cookies: list[str]) -> None:
    """Part 2; prints how each connection ended and raises when one hung."""
    outcomes: Counter[str] = Counter()

    async def attempt(cookie: str) -> LoadConnection | None:
        try:
            async with asyncio.timeout(20):
                connection = await connect(server.door, cookie)
        except RefusedError as refusal:
            outcomes[f"refused with {refusal.status}"] += 1
        except TimeoutError:
            outcomes["left hanging"] += 1
        except OSError as error:
            outcomes[f"cut off: {error}"] += 1
        else:
            outcomes["held"] += 1
            return connection
        return None

    kept = [await attempt(cookie) for cookie in cookies]
    print(f"{len(cookies)} connections at {OPEN_FILES_IN_PART_2} open files: {dict(outcomes)}")
    for connection in filter(None, kept):
        connection.close()
    if set(outcomes) - {"held", "refused with 503"} or not outcomes["refused with 503"]:
        raise SystemExit("a connection too many must be refused with 503, and only so")


def _cookies(server: RunningServer, connections: int) -> list[str]:
    people = sign_up(server.database_url, -(-connections // TABS_PER_PERSON))
    return [people[number % len(people)].cookie for number in range(connections)]


def main() -> None:
    """Run both parts."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=3000)
    options.add_argument("--hold-s", type=float, default=30)
    chosen = options.parse_args()
    print(f"{psutil.cpu_count()} cores, one worker, SQLite, embedded Redis")
    with running() as server:
        client.run(hold(server, _cookies(server, chosen.connections), chosen.hold_s))
    with running(open_files=OPEN_FILES_IN_PART_2) as server:
        client.run(overrun(server, _cookies(server, OPEN_FILES_IN_PART_2 + 200)))


if __name__ == "__main__":
    main()
