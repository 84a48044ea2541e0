"""Everybody reconnects at once: how long until all are back, and who waits meanwhile.

    python -m tests.soak.herd [--connections 5000] [--workers 4]

Row 25 of the fault matrix: all in within 15 s, none lost, workers below 400 MB, and other requests
answered within a second at p99. Clients retry as the browser does: with full jitter from 0.5 s."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil

from tests.support.load import LoadConnection, RefusedError, connect
from tests.support.people import sign_up
from tests.support.server import Server

TABS_PER_PERSON = 20
ROOM_OF = 500
LONGEST_S = 120.0
ASKERS = 2  # so that a p99 is more than the slowest of a hundred
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
SETTINGS = {
    "ROLLCALL_LOG_LEVEL": "warning",
    "ROLLCALL_MAX_ADDRESS_CONNECTIONS": "100000",  # the whole herd comes from one address
    "ROLLCALL_EVENT_BURST": "10000",
}


async def comes_back(server: Server, cookie: str) -> LoadConnection | None:
    """A connection, tried again and again with full jitter; None when LONGEST_S passes."""
    end_s, wait_s = time.monotonic() + LONGEST_S, FIRST_WAIT_S
    while time.monotonic() < end_s:
        try:
            return await connect("127.0.0.1", server.port, cookie)
        except (RefusedError, OSError):
            await asyncio.sleep(random.uniform(0, wait_s))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
    return None


async def herd(server: Server, cookies: Sequence[str]) -> tuple[float, int]:
    """All connections at once; returns the seconds until the last, and how many never came."""
    began_s = time.perf_counter()
    came = await asyncio.gather(*(comes_back(server, cookie) for cookie in cookies))
    took_s = time.perf_counter() - began_s
    for connection in came:
        if connection is not None:
            connection.close()
    return took_s, came.count(None)


def ask_on(url: str, is_over: Event, answers: multiprocessing.Queue[list[float]]) -> None:
    """ASKERS people ask for a page of the API from this process; put how long each answer took."""
    with ThreadPoolExecutor(ASKERS) as askers:
        waits_s = askers.map(lambda _: _asks(url, is_over), range(ASKERS))
        answers.put(sorted(chain.from_iterable(waits_s)))


def _asks(url: str, is_over: Event) -> list[float]:
    """One person asks, 20 ms after each answer."""
    waits_s: list[float] = []
    while not is_over.is_set():
        began_s = time.perf_counter()
        try:
            with urllib.request.urlopen(f"{url}/api/v1/session", timeout=30) as answer:
                answer.read()
        except OSError as error:
            print(f"  a request failed after {time.perf_counter() - began_s:.1f} s: {error}")
            waits_s.append(30.0)
        else:
            waits_s.append(time.perf_counter() - began_s)
        time.sleep(0.02)
    return waits_s


def main() -> None:
    """Sign people up, let all come, drop all, let all come back at once."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=5_000)
    options.add_argument("--workers", type=int, default=4)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="rollcall-herd-") as folder:
        server = Server(Path(folder), workers=asked.workers, settings=SETTINGS)
        server.start()
        try:
            _measure(server, asked.connections)
        finally:
            server.stop()


def _measure(server: Server, connections: int) -> None:
    cookies = _cookies(server, connections)
    first_s, lost = asyncio.run(herd(server, cookies))
    print(f"{connections} came in {first_s:.1f} s, {lost} lost")
    spawned = multiprocessing.get_context("spawn")
    is_over, answers = spawned.Event(), spawned.Queue()
    other = spawned.Process(target=ask_on, args=(server.url, is_over, answers))
    other.start()
    took_s, lost = asyncio.run(herd(server, cookies))
    is_over.set()
    waits_s = answers.get(timeout=60)
    other.join()
    _tell(server, connections, took_s, lost, waits_s)


def _cookies(server: Server, connections: int) -> list[str]:
    people = [sign_up(server, "person") for _ in range(-(-connections // TABS_PER_PERSON))]
    for first in range(0, len(people), ROOM_OF):
        room = people[first].creates_room()
        for one in people[first + 1 : first + ROOM_OF]:
            one.joins(room)
    return [people[n % len(people)].api.cookie for n in range(connections)]


def _tell(server: Server, count: int, took_s: float, lost: int, waits_s: list[float]) -> None:
    workers = [psutil.Process(pid).memory_info().rss for pid in server.worker_pids()]
    p50, p99 = (waits_s[int(len(waits_s) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{count} came back at once: all in after {took_s:.1f} s, {lost} lost")
    print(f"  {len(workers)} workers, the largest {max(workers) / 1e6:.0f} MB")
    print(f"  {len(waits_s)} other requests: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    print(f"  the longest of them: {waits_s[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
