"""A hundred thousand packets of garbage on real workers: python -m tests.soak.fuzz [--packets N].

Prints its seed; exits with 1 when a worker ended, logged a traceback, or kept somebody waiting.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.badinput.garbage import packets
from tests.support.people import Person, sign_up
from tests.support.raw import RawSocket
from tests.support.server import Server

SENDERS = 4
TOLD_EVERY = 5_000
PLENTY = {"ROLLCALL_EVENT_RATE": "1000000", "ROLLCALL_EVENT_BURST": "1000000"}


def main() -> int:
    """Send them all; print what became of the server."""
    options = argparse.ArgumentParser(prog="python -m tests.soak.fuzz")
    options.add_argument("--packets", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked = options.parse_args()
    print(f"seed {asked.seed}, {asked.packets} packets, {SENDERS} senders", flush=True)
    with tempfile.TemporaryDirectory(prefix="rollcall-fuzz-") as folder:
        server = Server(Path(folder), settings={**PLENTY, "ROLLCALL_LOG_LEVEL": "warning"})
        server.start()
        try:
            return _fuzzed(server, asked.packets, asked.seed)
        finally:
            server.stop()


def _fuzzed(server: Server, count: int, seed: int) -> int:
    before, began_s = server.worker_pids(), time.monotonic()
    people = [sign_up(server, f"sender{n}") for n in range(SENDERS)]
    garbage, turn = islice(packets(seed), count), threading.Lock()
    senders = [
        threading.Thread(target=_sends, args=(server, one, _shared(garbage, turn)))
        for one in people
    ]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    waits_s = [_wait_of(people[0]) for _ in range(50)]
    tracebacks, after = server.new_tracebacks(), server.worker_pids()
    print(f"{count} packets in {time.monotonic() - began_s:.0f} s; {len(tracebacks)} tracebacks")
    print(f"workers before {before}, after {after}; an answer takes {max(waits_s) * 1000:.0f} ms")
    print("\n".join(tracebacks[:3]))
    return int(bool(tracebacks) or before != after or max(waits_s) > 1)


def _shared(garbage: Iterator[str | bytes], turn: threading.Lock) -> Iterator[str | bytes]:
    while True:
        with turn:
            packet = next(garbage, None)
        if packet is None:
            return
        yield packet


def _sends(server: Server, person: Person, garbage: Iterator[str | bytes]) -> None:
    raw = RawSocket(server.host, person.api.cookie)
    for number, packet in enumerate(garbage, start=1):
        if not raw.survives(packet):
            raw.closes()
            raw = RawSocket(server.host, person.api.cookie)
        if number % TOLD_EVERY == 0:
            print(f"{person.username}: {number}", flush=True)
    raw.closes()


def _wait_of(person: Person) -> float:
    tab, began_s = person.opens_tab(), time.monotonic()
    assert "people" in tab.ask("roster:sync", {})
    waited_s = time.monotonic() - began_s
    tab.closes()
    return waited_s


if __name__ == "__main__":
    sys.exit(main())
