"""Crowds that do not read, read next to nothing, or vanish: bounded memory, and nobody else's harm.

The real edge, delivery and eventlet in a process of their own.
"""

import json
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest
import websocket

from chat.outgoing import OWED_MAX_BYTES
from tests.chat.green_programs.fan_out_plan import KERNEL_BYTES
from tests.support.waiting import wait_until

CROWD = 1_000
LARGE = 200_000  # bytes of a message
THREADS = 32
DEADLINE_S = 30.0
GROWS_MOST = 40_000_000  # of CROWD * LARGE, if each had a copy

Opens = Callable[[int], "Stage"]


class Client:
    """One WebSocket; it reads when it is told to."""

    def __init__(self, host: str, number: int) -> None:
        self._line = websocket.create_connection(
            f"ws://{host}/socket.io/?EIO=4&transport=websocket",
            timeout=DEADLINE_S,
            sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES),),
            skip_utf8_validation=True,  # in Python it costs more than all else
        )
        self._line.send(f'40{{"number":{number}}}')
        self._reads_until('42["ready"]')

    def says(self, number: int, size: int) -> None:
        """The server says it to everybody, him too, after all that was said before."""
        self._line.send(f'42["say",{number},{size}]')
        assert self.hears() == (number, size)

    def hears(self) -> tuple[int, int]:
        """Return number and size of the next message."""
        _, number, text = json.loads(self._reads_until('42["say"')[2:])
        assert text == "x" * len(text)
        return number, len(text)

    def reads_bytes(self, most: int) -> bytes:
        """Return what has come, at most so much of it."""
        assert self._line.sock is not None
        return bytes(self._line.sock.recv(most))

    def is_ended(self) -> bool:
        """Read on; whether the server has ended it before it fell silent."""
        try:
            while self.reads_bytes(65_536):
                pass
        except ConnectionError:
            return True
        return True

    def vanishes(self) -> None:
        """Gone, without a word, with all that it has not read."""
        if self._line.sock is not None:
            self._line.sock.close()

    def _reads_until(self, prefix: str) -> str:
        while not (packet := str(self._line.recv())).startswith(prefix):
            if packet == "2":
                self._line.send("3")
        return packet


class Stage:
    """A server and its crowd."""

    def __init__(self, server: subprocess.Popen[str], clients: int) -> None:
        assert server.stdout is not None
        self._host = f"127.0.0.1:{json.loads(server.stdout.readline())['port']}"
        self._process = psutil.Process(server.pid)
        self.speaker = Client(self._host, 0)
        with ThreadPoolExecutor(THREADS) as pool:
            self.crowd = list(pool.map(self._comes, range(1, clients + 1)))

    @property
    def size_bytes(self) -> int:
        """What the server has in memory."""
        return int(self._process.memory_info().rss)

    @property
    def connections(self) -> int:
        """How many the server holds."""
        ends = self._process.net_connections("tcp")
        return sum(end.status == psutil.CONN_ESTABLISHED for end in ends)

    def empties(self) -> None:
        """All are gone."""
        for one in (self.speaker, *self.crowd):
            one.vanishes()

    def _comes(self, number: int) -> Client:
        return Client(self._host, number)


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process, and those it starts, may have more than a thousand sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * CROWD), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def opens(many_files: None) -> Iterator[Opens]:
    """Open the stage for so many."""
    with ExitStack() as opened:

        def start(clients: int) -> Stage:
            command = [sys.executable, "-m", "tests.chat.green_programs.crowd", str(clients + 1)]
            server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            opened.callback(server.communicate)
            opened.callback(server.kill)
            stage = Stage(server, clients)
            opened.callback(stage.empties)
            return stage

        yield start


def heard_by(clients: Sequence[Client], messages: int) -> list[list[tuple[int, int]]]:
    """Return what each of them hears, all at once."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda one: [one.hears() for _ in range(messages)], clients))


def test_large_message_that_a_thousand_do_not_read_is_kept_once(opens: Opens) -> None:
    """What each of them still has to be sent is a part of the same bytes; all get all of it."""
    stage = opens(CROWD)
    before = stage.size_bytes

    stage.speaker.says(1, LARGE)
    stage.speaker.says(2, 1)

    assert stage.size_bytes - before <= GROWS_MOST
    assert heard_by(stage.crowd, 2) == [[(1, LARGE), (2, 1)]] * CROWD


def test_crowd_that_vanishes_in_the_middle_of_a_message_harms_nobody(opens: Opens) -> None:
    """Eight hundred are gone with a message half sent: the others get it, and the next one."""
    stage = opens(CROWD)
    stage.speaker.says(1, LARGE)
    gone, rest = stage.crowd[: CROWD * 4 // 5], stage.crowd[CROWD * 4 // 5 :]

    for one in gone:
        one.vanishes()
    stage.speaker.says(2, 1)

    assert heard_by(rest, 2) == [[(1, LARGE), (2, 1)]] * len(rest)
    wait_until(lambda: stage.connections == len(rest) + 1, DEADLINE_S, "the gone are forgotten")


def test_who_reads_next_to_nothing_is_cut_and_nobody_else(opens: Opens) -> None:
    """A kilobyte of each message: once he owes a megabyte he is cut, and may come back."""
    stage = opens(20)
    slow, *others = stage.crowd
    before, messages = stage.size_bytes, 4 * OWED_MAX_BYTES // LARGE

    for number in range(1, messages + 1):
        stage.speaker.says(number, LARGE)
        slow.reads_bytes(1_000)
        assert [one.hears() for one in others] == [(number, LARGE)] * len(others)

    assert stage.size_bytes - before <= GROWS_MOST
    wait_until(lambda: stage.connections == len(others) + 1, DEADLINE_S, "he is cut")
    assert slow.is_ended()
