"""One socket's bounds: how fast it sends, how much it owes, how it is cut."""

from pathlib import Path

import pytest
from engineio.packet import MESSAGE, PONG, Packet

from chat.edge import FLOOD_DEBT_MAX, SOCKETS_WORTH
from chat.edge_socket import CHARS_PER_TOKEN, OUT_QUEUE_MAX
from chat.ids import UserId
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import BURST, House, closed_with, is_shut, sent
from tests.chat.green_programs.run import run_green
from tests.support.redis_process import RedisProcess
from tests.support.server import migrated_database


@pytest.fixture
def house(moved_clock: MovedClock) -> House:
    """A guarded server."""
    return House(moved_clock)


def test_every_packet_yields_first(house: House) -> None:
    """A flooder lets others run between any two of his packets, before CONNECT too."""
    guarded = house.comes()

    for _ in range(5):
        guarded.receive(Packet(PONG))

    assert house.pauses == 5


def test_events_beyond_the_bucket_get_an_error_then_a_close(house: House) -> None:
    """The ack says rate_limited; whoever goes on is closed."""
    guarded = house.comes()
    house.connects(guarded)
    for _ in range(BURST - 1):
        guarded.receive(Packet(MESSAGE, '27["echo",{}]'))
    assert len(house.heard) == BURST - 1

    guarded.receive(Packet(MESSAGE, '28["echo",{}]'))
    assert len(house.heard) == BURST - 1, "nothing was done"
    assert sent(guarded)[-1].startswith('438[{"error":{"code":"rate_limited"')
    for _ in range(FLOOD_DEBT_MAX):
        guarded.receive(Packet(MESSAGE, '29["echo",{}]'))

    assert guarded.is_cut
    assert closed_with(guarded) == (1008, "too fast")


def test_bucket_refills_with_time(house: House, moved_clock: MovedClock) -> None:
    """A client that waited is heard again."""
    guarded = house.comes()
    house.connects(guarded)
    for _ in range(BURST + 3):
        guarded.receive(Packet(MESSAGE, '2["echo",{}]'))
    moved_clock.passes(1)

    guarded.receive(Packet(MESSAGE, '2["echo",{"after":1}]'))

    assert house.heard[-1] == ({"after": 1},)


def test_binary_packet_closes(house: House) -> None:
    """Text only: bytes end the connection before anything is kept of them."""
    guarded = house.comes()
    house.connects(guarded)

    guarded.receive(Packet(MESSAGE, b"\x00" * 10))

    assert closed_with(guarded) == (1003, "binary")


def test_client_that_does_not_read_is_cut(house: House) -> None:
    """What waits for one slow client is bounded; he reconnects and resyncs."""
    guarded = house.comes()

    for _ in range(OUT_QUEUE_MAX + 50):
        house.edge.send(guarded.sid, Packet(MESSAGE, "2[]"))

    assert is_shut(guarded)
    assert guarded.queue.qsize() <= OUT_QUEUE_MAX


def test_flooder_is_closed_however_slowly_he_is_served(
    house: House, moved_clock: MovedClock
) -> None:
    """On a loaded worker a flooder's bucket refills between any two of his events: half of them
    are accepted, and that must not make up for the other half."""
    guarded = house.comes()
    house.connects(guarded)

    for _ in range(FLOOD_DEBT_MAX * 3):
        moved_clock.passes(0.5)
        guarded.receive(Packet(MESSAGE, '27["echo",{}]'))
        guarded.receive(Packet(MESSAGE, '28["echo",{}]'))
        guarded.receive(Packet(MESSAGE, '29["echo",{}]'))
        guarded.receive(Packet(MESSAGE, '20["echo",{}]'))

    assert guarded.is_cut


def test_long_packet_costs_as_much_as_several(house: House) -> None:
    """What takes longer to parse takes more tokens."""
    guarded = house.comes()
    house.connects(guarded)
    text = "x" * (CHARS_PER_TOKEN * (BURST - 3))

    guarded.receive(Packet(MESSAGE, f'2["echo",{{"text":"{text}"}}]'))
    assert len(house.heard) == 1
    guarded.receive(Packet(MESSAGE, '25["echo",{}]'))
    guarded.receive(Packet(MESSAGE, '26["echo",{}]'))

    assert len(house.heard) == 2
    assert sent(guarded)[-1].startswith('436[{"error":{"code":"rate_limited"')


def test_packet_that_costs_more_than_a_full_bucket_passes_when_it_is_full(house: House) -> None:
    """However small the bucket is set, the longest packet is not refused for ever."""
    guarded = house.comes()
    house.connects(guarded)
    text = "x" * (CHARS_PER_TOKEN * BURST * 2)

    house.clock.passes(BURST)
    guarded.receive(Packet(MESSAGE, f'2["echo",{{"text":"{text}"}}]'))

    assert len(house.heard) == 1


def test_sockets_of_one_user_share_a_bucket(house: House) -> None:
    """Twenty tabs of one user send as much as four; another user sends all the same."""
    flooders = [house.comes(f"192.0.2.{n}") for n in range(1, 21)]
    for one in flooders:
        house.connects(one)
        house.edge.belongs(one.sid, UserId("mallory"))
    for one in flooders:
        for _ in range(BURST - 1):
            one.receive(Packet(MESSAGE, '2["echo",{}]'))
    assert len(house.heard) == BURST * SOCKETS_WORTH

    ann = house.comes("192.0.2.99")
    house.connects(ann)
    house.edge.belongs(ann.sid, UserId("ann"))
    ann.receive(Packet(MESSAGE, '2["echo",{"by":"ann"}]'))

    assert house.heard[-1] == ({"by": "ann"},)


def test_strangers_of_one_address_share_a_bucket(house: House) -> None:
    """Before CONNECT it is the address that counts; whoever cannot CONNECT is told to come back."""
    strangers = [house.comes() for _ in range(SOCKETS_WORTH + 1)]
    for one in strangers:
        for _ in range(BURST):
            one.receive(Packet(PONG))

    late = house.comes()
    late.receive(Packet(MESSAGE, "0"))

    assert closed_with(late) == (1008, "too fast")


def test_answer_to_a_ping_costs_no_token_and_one_that_nobody_asked_for_does(house: House) -> None:
    """A heartbeat never uses up what a client may say; PONGs by the thousand are a flood."""
    guarded = house.comes()
    house.connects(guarded)
    for _ in range(3 * BURST):
        assert guarded.ping()
        assert guarded.judge("3") is None
        assert guarded.last_ping is None, "it was taken for the answer"
    assert isinstance(guarded.judge('42["echo",{}]'), Packet)

    for _ in range(BURST + FLOOD_DEBT_MAX):
        guarded.judge("3")

    assert closed_with(guarded) == (1008, "too fast")


def test_connections_that_ended_leave_nothing_to_collect(
    redis_server: RedisProcess, tmp_path: Path
) -> None:
    """Whoever left is gone at once: what refers to itself waits for a collection, for hours if it
    lived through some."""
    (tmp_path / "rollcall.db").write_bytes(migrated_database())

    assert run_green("left_behind", redis_server.url, str(tmp_path)) == {}
