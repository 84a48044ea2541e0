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

from bench import processes
from bench.client import LoadConnection, RefusedError, connect
from bench.server import Person, RunningServer, running

TABS_PER_PERSON = 20
CONNECTS_AT_ONCE = 50
SETTINGS = {"ROLLCALL_LOG_LEVEL": "warning"}
OPEN_FILES_IN_PART_2 = 1024


async def open_all(server: RunningServer, cookies: list[str]) -> list[LoadConnection]:
    """One connection a cookie, a few at a time."""
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def open_one(cookie: str) -> LoadConnection:
        async with gate:
            return await connect(server.host, server.port, cookie)

    return await asyncio.gather(*(open_one(cookie) for cookie in cookies))


async def ask_all(connections: list[LoadConnection]) -> list[float]:
    """Seconds each connection waited for the answer to a question, in the order of waiting."""

    async def ask(connection: LoadConnection) -> float:
        started = time.perf_counter()
        answer = await connection.emit("message:since", {"rooms": {}})
        if "error" in answer:
            raise RuntimeError(f"refused: {answer['error']}")
        return time.perf_counter() - started

    return sorted(await asyncio.gather(*(ask(connection) for connection in connections)))


async def hold(server: RunningServer, cookies: list[str], hold_s: float) -> None:
    """Part 1; prints its figures and raises when a connection was lost."""
    family = processes.family(server.pid)
    before, started = processes.cost(family), time.perf_counter()
    connections = await open_all(server, cookies)
    opened, count = processes.cost(family), len(connections)
    took_s = time.perf_counter() - started
    spent = opened.since(before)
    print(f"{count} connections open after {took_s:.1f} s")
    print(f"  CPU a connect, all processes: {spent.cpu_s / count * 1e6:.0f} us")
    print(f"  memory a connection, all processes: {spent.rss_bytes / count / 1024:.0f} KiB")
    _tell("asked all at once", await ask_all(connections))
    idle = processes.cost(family)
    await asyncio.sleep(hold_s)
    idle_share = processes.cost(family).since(idle).cpu_s / hold_s
    lost = sum(connection.closed.is_set() for connection in connections)
    print(f"  held for {hold_s:.0f} s: {lost} lost, {idle_share * 100:.1f} % of a core")
    _tell("asked again", await ask_all(connections))
    if lost:
        raise SystemExit(f"{lost} connections were lost")


def _tell(what: str, waits_s: list[float]) -> None:
    p50, p99 = (waits_s[int(len(waits_s) * share)] * 1000 for share in (0.5, 0.99))
    print(f"  {what}: {len(waits_s)} answers, p50 {p50:.0f} ms, p99 {p99:.0f} ms")


async def overrun(server: RunningServer, cookies: list[str]) -> None:
    """Part 2; prints how each connection ended and raises when one hung."""
    outcomes: Counter[str] = Counter()

    async def attempt(cookie: str) -> LoadConnection | None:
        try:
            async with asyncio.timeout(20):
                connection = await connect(server.host, server.port, cookie)
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
    people = -(-connections // TABS_PER_PERSON)
    print(f"signing up {people} people")
    cookies = [Person(server, f"person{number}").cookie for number in range(people)]
    return [cookies[number % people] for number in range(connections)]


def main() -> None:
    """Run both parts."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=3000)
    options.add_argument("--hold-s", type=float, default=30)
    chosen = options.parse_args()
    print(f"{psutil.cpu_count()} cores, one worker, SQLite, embedded Redis")
    with running(SETTINGS) as server:
        asyncio.run(hold(server, _cookies(server, chosen.connections), chosen.hold_s))
    with running(SETTINGS, open_files=OPEN_FILES_IN_PART_2) as server:
        asyncio.run(overrun(server, _cookies(server, OPEN_FILES_IN_PART_2 + 200)))


if __name__ == "__main__":
    main()
