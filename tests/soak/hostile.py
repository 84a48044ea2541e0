"""What hostile clients cost: how long others wait while somebody floods, and what a bomb weighs.

    python -m tests.soak.hostile

One worker. The flooder is a process of its own, so that only the server is measured. Rows 27 to 29
of the fault matrix: others p99 < 100 ms, the flooder cut within 3 s, memory as the rows say."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.load import connect
from tests.support.people import Person, sign_up
from tests.support.raw import RawSocket, frame_of
from tests.support.server import Server

TEXT, CONTINUED, PING = 0x1, 0x0, 0x9
LONGEST_FLOOD_S = 10.0
SETTINGS = {"ROLLCALL_LOG_LEVEL": "warning"}
LONG = "word " * 790
FLOODS = {
    "small events": frame_of(TEXT, b'421["roster:sync",{}]') * 500,
    "pongs": frame_of(TEXT, b"3") * 500,
    "frames of 64 KB": frame_of(TEXT, b'421["message:post","' + b"x" * 65_000 + b'"]') * 8,
    "pings of WebSocket": frame_of(PING, b"x" * 125) * 500,
    "empty fragments": frame_of(CONTINUED, b"", is_last=False) * 500,
}


@dataclass
class Waits:
    """How long a neighbour on the same worker waited for each answer, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        self.seconds.sort()
        p50, p99 = (self.seconds[int(len(self.seconds) * share)] for share in (0.5, 0.99))
        return f"{p50 * 1000:.1f} | {p99 * 1000:.1f} | {self.seconds[-1] * 1000:.1f}"


@contextmanager
def neighbour(server: Server, cookie: str) -> Iterator[Waits]:
    """Somebody who asks every 5 ms while the block runs."""
    waits, is_over = Waits(), threading.Event()

    async def ask_on() -> None:
        connection = await connect("127.0.0.1", server.port, cookie)
        while not is_over.is_set():
            began_s = time.perf_counter()
            await connection.emit("message:since", {"rooms": {}})
            waits.seconds.append(time.perf_counter() - began_s)
            await asyncio.sleep(0.005)
        connection.close()

    thread = threading.Thread(target=asyncio.run, args=(ask_on(),))
    thread.start()
    try:
        yield waits
    finally:
        is_over.set()
        thread.join()


def flood(host: str, cookie: str, kind: str, cut: multiprocessing.Queue[float]) -> None:
    """Flood from this process until cut; put the seconds it took, -1 for never."""
    raw = RawSocket(host, cookie, connect=bool(cookie))
    if kind == "empty fragments":
        raw.sends_frame(TEXT, b"42", is_last=False)
    after_s = raw.floods(FLOODS[kind], LONGEST_FLOOD_S)
    cut.put(-1.0 if after_s is None else after_s)
    raw.closes()


def measure_flood(server: Server, mallory: str, bob: str, kind: str, flooders: int = 1) -> str:
    """Return a row of the table."""
    spawned = multiprocessing.get_context("spawn")
    cut: multiprocessing.Queue[float] = spawned.Queue()
    host = server.host
    children = [
        spawned.Process(target=flood, args=(host, mallory, kind, cut)) for _ in range(flooders)
    ]
    with neighbour(server, bob) as waits:
        for child in children:
            child.start()
        cuts_s = [cut.get(timeout=60) for _ in children]
        for child in children:
            child.join()
    who = "signed in" if mallory else "nobody"
    return f"| {kind}, {who}, {flooders} | {waits} | {max(cuts_s):.2f} |"


def grows_by(worker: psutil.Process, act: Callable[[], object]) -> tuple[float, object]:
    """Return the megabytes that the worker grew by at most while act ran, and what act gave."""
    before, most, is_over = worker.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            most[0] = max(most[0], worker.memory_info().rss - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        given = act()
    finally:
        is_over.set()
        thread.join()
    return most[0] / 1e6, given


def fragments(server: Server, cookie: str) -> object:
    """Return the close code of a message without an end."""
    raw = RawSocket(server.host, cookie)
    raw.sends_frame(TEXT, b'42["message:post","', is_last=False)
    for _ in range(128):
        raw.sends_frame(CONTINUED, b"x" * 8_192, is_last=False)
    return raw.close_code_within(10)


def too_long(server: Server, cookie: str) -> object:
    """Return the close code of 64 KiB and one byte."""
    raw = RawSocket(server.host, cookie)
    raw.sends("4" * 65_537)
    return raw.close_code_within(10)


def deflate(server: Server, cookie: str) -> object:
    """Return the close code of a compressed frame that would be 50 MB."""
    offered = ["Sec-WebSocket-Extensions: permessage-deflate"]
    raw = RawSocket(server.host, cookie, headers=offered)
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b"4" + b"x" * 50_000_000) + bomb.flush(zlib.Z_SYNC_FLUSH)
    raw.sends_frame(TEXT, packed[:-4], is_compressed=True)
    return raw.close_code_within(10)


def deaf(server: Server, person: Person, worker: psutil.Process) -> object:
    """Return after how many seconds somebody who never reads is cut."""
    room, tab = person.creates_room(), person.opens_tab()
    for _ in range(40):
        tab.posts(room, LONG)
    tab.closes()
    raw = RawSocket(server.host, person.api.cookie, window_bytes=4_096)
    port, began_s = raw.local_port, time.perf_counter()
    for number in range(200):
        raw.sends(f'42{number}["message:since",{{"rooms":{{"{room}":0}}}}]')
    while any(end.raddr and end.raddr.port == port for end in worker.net_connections("tcp")):
        if time.perf_counter() - began_s > 60:
            return "never"
        time.sleep(0.02)
    return f"cut after {time.perf_counter() - began_s:.2f} s"


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory(prefix="rollcall-hostile-") as folder:
        server = Server(Path(folder), workers=1, settings=SETTINGS)
        server.start()
        try:
            _measure(server)
        finally:
            server.stop()


def _measure(server: Server) -> None:
    mallory, bob = sign_up(server, "mallory"), sign_up(server, "bob")
    (pid,) = server.worker_pids()
    worker = psutil.Process(pid)
    print("| flood, by, at once | others p50 ms | p99 ms | max ms | cut after s |")
    print("|---|---|---|---|---|")
    for kind in FLOODS:
        print(measure_flood(server, mallory.api.cookie, bob.api.cookie, kind))
        print(measure_flood(server, "", bob.api.cookie, kind))
    print(measure_flood(server, mallory.api.cookie, bob.api.cookie, "small events", 8))
    print("\n| bomb | a worker grew by MB | end |\n|---|---|---|")
    for name, act in {
        "1 MB in fragments": lambda: fragments(server, mallory.api.cookie),
        "64 KiB and a byte": lambda: too_long(server, mallory.api.cookie),
        "50 MB deflated": lambda: deflate(server, mallory.api.cookie),
        "200 answers of 320 KB, none read": lambda: deaf(server, mallory, worker),
    }.items():
        grown, end = grows_by(worker, act)
        print(f"| {name} | {grown:.1f} | {end} |")


if __name__ == "__main__":
    main()
