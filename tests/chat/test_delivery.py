"""The line of deliveries: order kept for each recipient, others not kept waiting, nothing lost."""

from collections import deque
from collections.abc import Callable

import pytest
from engineio.packet import MESSAGE, Packet
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import delivery
from chat.connections import Connections, LiveConnection
from chat.delivery import AT_ONCE, Delivery
from chat.packets import Parcel
from tests.chat.live_parts import connection_of


class House:
    """Connections that note their packets; tasks run when the test, or a pause, says so."""

    def __init__(self, people: int) -> None:
        self.got: dict[str, list[str]] = {}
        self.pieces = 0
        self.tasks: deque[Callable[[], None]] = deque()
        self.at_pause: deque[Callable[[], None]] = deque()
        self.connections = Connections(self._send)
        self.people = [self._opens(f"user-{number}") for number in range(people)]
        self.delivery = Delivery(self.connections, self.tasks.append, self._pause)

    def runs(self) -> None:
        """Every task runs to its end."""
        while self.tasks:
            self.tasks.popleft()()

    def of(self, connection: LiveConnection) -> list[str]:
        """Return what the connection got, in order."""
        return self.got.get(connection.eio_sid, [])

    def _opens(self, user: str) -> LiveConnection:
        connection = connection_of(user)
        self.connections.add(connection)
        connection.parked = None
        return connection

    def _send(self, engine_sid: str, packet: Packet) -> None:
        self.pieces += 1
        packets = packet.packets if isinstance(packet, Parcel) else (packet,)
        self.got.setdefault(engine_sid, []).extend(one.data for one in packets)

    def _pause(self) -> None:
        if self.at_pause:
            self.at_pause.popleft()()


def fail() -> None:
    """Be a defect."""
    raise RuntimeError("a defect")


def packet(text: str) -> Packet:
    """Return a packet with that text."""
    return Packet(MESSAGE, text)


def test_short_delivery_is_done_before_it_returns() -> None:
    """Nobody waits for a task when nobody stands in front."""
    house = House(3)

    house.delivery.send(packet("hello"), house.people)

    assert [house.of(one) for one in house.people] == [["hello"]] * 3
    assert not house.tasks


def test_long_delivery_lets_others_run_between_its_pieces() -> None:
    """What others send meanwhile comes later to everybody, whom it had not reached too."""
    house = House(3 * AT_ONCE)
    last = house.people[-1]
    house.at_pause.append(lambda: house.delivery.send(packet("second"), [last]))

    house.delivery.send(packet("first"), house.people)
    assert house.of(last) == []
    house.runs()

    assert house.of(last) == ["first", "second"]


def test_what_waits_for_the_same_people_leaves_as_one_piece() -> None:
    """Ten messages that meet in the line cost each recipient one write."""
    house = House(AT_ONCE + 1)

    for number in range(10):
        house.delivery.send(packet(str(number)), list(house.people))
    house.runs()

    assert house.of(house.people[-1]) == [str(number) for number in range(10)]
    assert house.pieces == len(house.people)


def test_line_goes_on_after_a_defect() -> None:
    """A packet that cannot be delivered does not hold up those behind it."""
    house = House(AT_ONCE + 1)
    house.at_pause.append(fail)

    house.delivery.send(packet("first"), house.people)
    house.delivery.send(packet("second"), house.people[:2])
    house.runs()
    house.delivery.send(packet("third"), house.people[:2])

    assert house.of(house.people[0]) == ["first", "second", "third"]


@settings(deadline=None, max_examples=1_000)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.booleans()), max_size=40))
def test_each_gets_exactly_its_packets_in_order(
    sends: list[tuple[int, int, bool]],
) -> None:
    """Whoever is sent to, however often the line runs in between."""
    house, due = House(8), {place: list[str]() for place in range(8)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivery, "AT_ONCE", 3)
        for number, (low, high, runs) in enumerate(sends):
            for place in range(low, high):
                due[place].append(str(number))
            house.delivery.send(packet(str(number)), house.people[low:high])
            if runs:
                house.runs()
        house.runs()

    assert [house.of(one) for one in house.people] == list(due.values())
