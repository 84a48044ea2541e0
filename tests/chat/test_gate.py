"""Gates: how many are let in at a time, and what becomes of those who wait."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from engineio.packet import MESSAGE, Packet

from chat.edge import CONNECT_DEADLINE_MS, OPENING
from chat.edge_socket import EdgeSocket
from chat.gate import Gate, Place
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import HANDSHAKE, FakeLine, House
from tests.support.waiting import wait_until

PLACES, MORE = 3, 4
ONE_TURN = f"""
from chat import green
green.patch()
import eventlet
from chat.gate import Gate

gate, through = Gate({PLACES}), []

def passes():
    with gate.place():
        through.append(1)

for _ in range(100):
    eventlet.spawn_n(passes)
eventlet.sleep(0)  # they have come
eventlet.sleep(0)  # the first are through
print(len(through))
"""
AtOnce = Callable[[House, list[EdgeSocket]], list[Future[None]]]


class SlowDoor:
    """An entrance that lets nobody through until it is opened, and counts who stands in it."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.came = 0
        self.most = 0
        self.is_open = threading.Event()

    def connect(self, sid: str, *_: object) -> None:
        """python-socketio's handler of CONNECT."""
        self.came += 1
        self.inside.append(sid)
        self.most = max(self.most, len(self.inside))
        assert self.is_open.wait(10)
        self.inside.remove(sid)


class CountedGate(Gate):
    """A gate that counts who came to it."""

    asked = 0

    def place(self) -> Place:
        """Wait for a place."""
        self.asked += 1
        return super().place()


@pytest.fixture
def door() -> Iterator[SlowDoor]:
    """A door that is open in the end."""
    slow = SlowDoor()
    yield slow
    slow.is_open.set()


@pytest.fixture
def house(moved_clock: MovedClock, door: SlowDoor) -> House:
    """A guarded server with that door."""
    guarded = House(moved_clock)
    guarded.server.on("connect", door.connect)
    guarded.edge.entering = Gate(PLACES, lent_s=10)
    return guarded


@pytest.fixture
def at_once(door: SlowDoor) -> Iterator[AtOnce]:
    """Lets sockets CONNECT at the same time, each in a thread of its own."""
    with ThreadPoolExecutor(PLACES + MORE) as threads:

        def connect(house: House, sockets: list[EdgeSocket]) -> list[Future[None]]:
            return [threads.submit(house.connects, one) for one in sockets]

        yield connect
        door.is_open.set()


def test_more_than_there_are_places_for_wait_and_come_in_later(
    house: House, door: SlowDoor, at_once: AtOnce
) -> None:
    """Never more than PLACES stand in the door, and all are in at the end."""
    sockets = [house.comes(f"192.0.2.{n}") for n in range(PLACES + MORE)]

    at_once(house, sockets)
    wait_until(lambda: len(door.inside) == PLACES, 10, "all places are taken")
    door.is_open.set()

    wait_until(lambda: len(house.opened) == PLACES + MORE, 10, "all are in")
    assert door.most == PLACES


def test_events_of_those_who_are_in_do_not_wait(
    house: House, door: SlowDoor, at_once: AtOnce
) -> None:
    """The gate is for CONNECT alone."""
    door.is_open.set()
    inside = house.comes()
    house.connects(inside)
    door.is_open.clear()
    at_once(house, [house.comes(f"192.0.2.{n}") for n in range(PLACES)])
    wait_until(lambda: len(door.inside) == PLACES, 10, "all places are taken")

    inside.receive(Packet(MESSAGE, '2["echo",1]'))

    assert house.heard == [(1,)]


def test_who_waits_for_a_place_is_not_taken_for_silent(
    house: House,
    door: SlowDoor,
    moved_clock: MovedClock,
    at_once: AtOnce,
) -> None:
    """The deadline for CONNECT is the client's: he has met it."""
    at_once(house, [house.comes(f"192.0.2.{n}") for n in range(PLACES)])
    wait_until(lambda: len(door.inside) == PLACES, 10, "all places are taken")
    late = house.comes("198.51.100.1")
    at_once(house, [late])
    wait_until(lambda: late.sid not in house.edge._deadlines, 10, "it waits")

    moved_clock.passes(CONNECT_DEADLINE_MS / 1000 + 1)
    house.edge.reap()
    door.is_open.set()

    wait_until(lambda: len(house.opened) == PLACES + 1, 10, "all are in")
    assert not late.is_cut


def test_who_left_while_he_waited_is_not_let_in(
    house: House, door: SlowDoor, at_once: AtOnce
) -> None:
    """He is named to nobody: python-socketio would keep his sid for ever."""
    at_once(house, [house.comes(f"192.0.2.{n}") for n in range(PLACES)])
    wait_until(lambda: len(door.inside) == PLACES, 10, "all places are taken")
    late = house.comes("198.51.100.1")
    (waits,) = at_once(house, [late])
    wait_until(lambda: late.sid not in house.edge._deadlines, 10, "it waits")

    late.close(wait=False, abort=True)
    door.is_open.set()

    waits.result(10)
    wait_until(lambda: len(house.opened) == PLACES, 10, "the others are in")
    assert (door.came, house.edge.sids) == (PLACES, PLACES)


def test_sockets_are_opened_by_turns_until_each_is_open(house: House, door: SlowDoor) -> None:
    """Who opens a socket holds a place as long as that takes, not as long as it lives."""
    house.edge.opening = gate = CountedGate(PLACES)
    lives = threading.Event()

    def app(environ: dict[str, Any], _start: object) -> list[bytes]:
        place: Place = environ[OPENING]
        door.connect(environ["REMOTE_ADDR"])
        place.leave()
        assert lives.wait(10)
        return []

    with ThreadPoolExecutor(PLACES + MORE) as threads:
        for n in range(PLACES + MORE):
            threads.submit(house.edge.guarded(app), asked_by(f"192.0.2.{n}"), lambda *_: None)
        wait_until(lambda: gate.asked == PLACES + MORE, 10, "all have come")
        wait_until(lambda: len(door.inside) == PLACES, 10, "all places are taken")
        door.is_open.set()
        wait_until(lambda: door.came == PLACES + MORE, 10, "all are open, and none has ended")
        lives.set()

    assert door.most == PLACES


def test_a_thousand_that_are_cut_off_leave_by_turns(house: House) -> None:
    """A socket whose client is gone waits for its turn before the rest hears of it."""
    house.edge.leaving = gate = CountedGate(1)
    guarded, line = house.opens()
    with gate.place() as somebody, ThreadPoolExecutor(1) as thread:
        ended = thread.submit(line.arrives, b"")
        wait_until(lambda: gate.asked == 2, 10, "it wants to leave")
        assert not guarded.closed
        somebody.leave()
        ended.result(10)

    assert guarded.closed


def test_a_socket_that_is_open_holds_no_place(house: House) -> None:
    """The next is opened while this one lives."""
    gate = Gate(1, lent_s=60)
    guarded = house.comes()
    guarded.line, guarded.opening = None, gate.place()
    house.opens_websocket(guarded, FakeLine())

    assert gate._free.acquire(blocking=False)
    assert not guarded.closed


def test_an_entrance_that_fails_leaves_its_place() -> None:
    """A refusal is raised through the gate; the place is free again."""
    gate = Gate(1, lent_s=10)
    for _ in range(2):
        with pytest.raises(ValueError, match="refused"), gate.place():
            raise ValueError("refused")

    with gate.place():
        pass


def test_a_place_that_is_held_too_long_is_lent_to_the_next() -> None:
    """Where a store hangs it refuses those who come; no place comes of that."""
    gate = Gate(1, lent_s=0.01)
    with gate.place(), gate.place(), gate.place():
        pass

    with gate.place():
        assert not gate._free.acquire(blocking=False)


def test_who_waits_long_waits_on_while_places_are_left_in_time() -> None:
    """A herd that takes long is no store that hangs: nobody loses a place he was just lent."""
    gate = Gate(1, lent_s=60)
    with gate.place():
        gate._take_back_overdue()

        assert not gate._free.acquire(blocking=False)


def test_who_waits_for_nothing_keeps_his_place_into_the_next_turn() -> None:
    """On the worker's loop: of a hundred that come in one turn only as many go through as may."""
    ran = subprocess.run(
        [sys.executable, "-c", ONE_TURN], capture_output=True, text=True, timeout=30, check=False
    )

    assert (ran.returncode, ran.stdout) == (0, f"{PLACES}\n"), ran.stderr


def asked_by(address: str) -> dict[str, Any]:
    """Return the environ of a handshake from there."""
    query = "EIO=4&transport=websocket"
    return {
        **HANDSHAKE,
        "PATH_INFO": "/socket.io/",
        "QUERY_STRING": query,
        "REMOTE_ADDR": address,
    }
