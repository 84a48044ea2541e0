"""Two hundred clients of a server that fans out: each gets exactly its messages, in order.

The real edge, delivery and eventlet in a process of their own; WebSocket and polling mixed, sizes
from one byte to 200 KB, clients that stop reading now and then.
"""

import json
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import websocket

from tests.chat.green_programs.fan_out_plan import CLIENTS, END, KERNEL_BYTES, is_polling, plan

SOCKET_IO = "/socket.io/?EIO=4&transport="
DEADLINE_S = 60.0
LONGEST_PAUSE_S = 0.05
SEEDS = range(4)

Heard = list[tuple[int, int]]  # number and size of each message


class Ears:
    """What one client hears, and its habit of looking away."""

    def __init__(self, number: int, seed: int, over: threading.Event) -> None:
        self.heard: Heard = []
        self.is_over = False
        self._chance = random.Random(seed * CLIENTS + number)
        self._over = over

    def looks_away(self) -> None:
        """Read nothing for a moment, mostly."""
        if self._chance.random() < 0.5:
            self._over.wait(self._chance.random() * LONGEST_PAUSE_S)

    def hears(self, packet: str) -> None:
        """Note an event."""
        if not packet.startswith("42"):
            return
        event, *said = json.loads(packet[2:])
        if event == "say":
            number, text = said
            assert text == "x" * len(text)
            self.heard.append((number, len(text)))
        self.is_over = event == END


def hears_by_websocket(host: str, number: int, ears: Ears) -> Heard:
    """Return what a client hears that comes by WebSocket."""
    line = websocket.create_connection(
        f"ws://{host}{SOCKET_IO}websocket",
        timeout=DEADLINE_S,
        sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES),),
        skip_utf8_validation=True,  # in Python it costs more than all else
    )
    line.send(f'40{{"number":{number}}}')
    while not ears.is_over:
        ears.looks_away()
        packet = str(line.recv())
        if packet == "2":
            line.send("3")
        ears.hears(packet)
    line.close()
    return ears.heard


def hears_by_polling(host: str, number: int, ears: Ears) -> Heard:
    """Return what a client hears that asks again and again."""
    line = HTTPConnection(host, timeout=DEADLINE_S)

    def asks(method: str, path: str, body: str | None = None) -> str:
        line.request(method, path, body)
        answer = line.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text

    sid = json.loads(asks("GET", f"{SOCKET_IO}polling")[1:])["sid"]
    path = f"{SOCKET_IO}polling&sid={sid}"
    asks("POST", path, f'40{{"number":{number}}}')
    while not ears.is_over:
        ears.looks_away()
        for packet in asks("GET", path).split("\x1e"):
            if packet == "2":
                asks("POST", path, "3")
            ears.hears(packet)
    line.close()
    return ears.heard


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """One plan of many."""
    return int(request.param)


@pytest.fixture
def host(seed: int) -> Iterator[str]:
    """The address of a server that follows that plan."""
    program = "tests.chat.green_programs.fan_out"
    with subprocess.Popen(
        [sys.executable, "-m", program, str(seed)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield f"127.0.0.1:{json.loads(server.stdout.readline())['port']}"
        server.kill()


def test_each_of_two_hundred_gets_exactly_its_messages_in_order(host: str, seed: int) -> None:
    """Nothing is lost, doubled, cut short or overtaken, whatever the way and the pace."""
    over = threading.Event()

    def listens(number: int) -> Heard:
        hears = hears_by_polling if is_polling(number) else hears_by_websocket
        return hears(host, number, Ears(number, seed, over))

    with ThreadPoolExecutor(CLIENTS) as pool:
        heard = list(pool.map(listens, range(CLIENTS), timeout=DEADLINE_S))

    said = list(plan(seed))
    assert {1, 2, 3, 7} >= {one.every for one in said}
    for number, found in enumerate(heard):
        assert found == [(one.number, one.size) for one in said if one.is_for(number)], number
