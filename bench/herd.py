"""Everybody reconnects at once: how long until all are back, and who waits meanwhile.

    python -m bench.herd [--connections 5000] [--workers 4]

Row 25 of the fault matrix: all in within 15 s, none lost, workers below 400 MB, and other requests
answered within a second at p99. Clients retry as the browser does: with full jitter from 0.5 s."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import time
import urllib.request
from collections.abc import Sequence
from multiprocessing.synchronize import Event

from bench import processes
from bench.client import LoadConnection, RefusedError, connect
from bench.server import Person, RunningServer, running

TABS_PER_PERSON = 20
ROOM_OF = 500
LONGEST_S = 120.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
SETTINGS = {"ROLLCALL_LOG_LEVEL": "warning"}


async def comes_back(server: RunningServer, cookie: str) -> LoadConnection | None:
    """A connection, tried again and again with full jitter; None when LONGEST_S passes."""
    end_s, wait_s = time.monotonic() + LONGEST_S, FIRST_WAIT_S
    while time.monotonic() < end_s:
        try:
            return await connect(server.host, server.port, cookie)
        except (RefusedError, OSError):
            await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 - spreads, no secret
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
    return None


async def herd(server: RunningServer, cookies: Sequence[str]) -> tuple[float, int]:
    """All connections at once; returns the seconds until the last, and how many never came."""
    began_s = time.perf_counter()
    came = await asyncio.gather(*(comes_back(server, cookie) for cookie in cookies))
    took_s = time.perf_counter() - began_s
    for connection in came:
        if connection is not None:
            connection.close()
    return took_s, came.count(None)


def ask_on(url: str, is_over: Event, answers: multiprocessing.Queue[list[float]]) -> None:
    """Ask for a page of the API every 20 ms from this process; put how long each took."""
    waits_s: list[float] = []
    while not is_over.is_set():
        began_s = time.perf_counter()
        try:
            with urllib.request.urlopen(f"{url}/api/v1/session", timeout=30) as answer:  # noqa: S310 - our own
                answer.read()
        except OSError:
            waits_s.append(30.0)
        else:
            waits_s.append(time.perf_counter() - began_s)
        time.sleep(0.02)
    answers.put(sorted(waits_s))


def main() -> None:
    """Sign people up, let all come, drop all, let all come back at once."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=5_000)
    options.add_argument("--workers", type=int, default=4)
    asked = options.parse_args()
    with running(SETTINGS, workers=asked.workers) as server:
        cookies = _cookies(server, asked.connections)
        first_s, lost = asyncio.run(herd(server, cookies))
        print(f"{asked.connections} came in {first_s:.1f} s, {lost} lost")
        spawned = multiprocessing.get_context("spawn")
        is_over, answers = spawned.Event(), spawned.Queue()
        other = spawned.Process(target=ask_on, args=(server.url, is_over, answers))
        other.start()
        took_s, lost = asyncio.run(herd(server, cookies))
        is_over.set()
        waits_s = answers.get(timeout=60)
        other.join()
        _tell(server, asked.connections, took_s, lost, waits_s)


def _cookies(server: RunningServer, connections: int) -> list[str]:
    people = [Person(server, f"person{n}") for n in range(-(-connections // TABS_PER_PERSON))]
    for first in range(0, len(people), ROOM_OF):
        some = people[first : first + ROOM_OF]
        room = {"name": f"Room {first}", "visibility": "public"}
        made = some[0].call("POST", "/api/v1/rooms", room)["room"]
        for one in some[1:]:
            one.call("POST", f"/api/v1/rooms/{made['id']}/join")
    return [people[n % len(people)].cookie for n in range(connections)]


def _tell(
    server: RunningServer, count: int, took_s: float, lost: int, waits_s: list[float]
) -> None:
    workers = [
        one.memory_info().rss
        for one in processes.family(server.pid)
        if "serving.worker" in one.cmdline()
    ]
    p50, p99 = (waits_s[int(len(waits_s) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{count} came back at once: all in after {took_s:.1f} s, {lost} lost")
    print(f"  {len(workers)} workers, the largest {max(workers) / 1e6:.0f} MB")
    print(f"  {len(waits_s)} other requests: p50 {p50:.0f} ms, p99 {p99:.0f} ms")


if __name__ == "__main__":
    main()
