"""The socket pair of a worker: connections go down whole, counts come up exact."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import handoff


def test_receive_gives_the_very_connection_that_was_sent() -> None:
    """Bytes written by the client are read from the handed-over descriptor."""
    upper, lower = handoff.pair()
    client, accepted = socket.socketpair()
    assert handoff.send(upper, accepted, "2001:db8::1", 4711)
    accepted.close()
    handed = handoff.receive(lower)
    assert handed is not None
    descriptor, host, port = handed
    assert (host, port) == ("2001:db8::1", 4711)
    client.sendall(b"hello")
    with socket.socket(fileno=descriptor) as served:
        assert served.recv(10) == b"hello"
    for end in (upper, lower, client):
        end.close()


def test_receive_after_the_supervisor_ended_gives_none() -> None:
    """The end of file is the worker's news of the supervisor's death."""
    upper, lower = handoff.pair()
    upper.close()
    assert handoff.receive(lower) is None
    lower.close()


def test_permit_arrives_before_the_first_connection() -> None:
    """A worker touches Redis and the database only when both are as it needs them."""
    upper, lower = handoff.pair()
    handoff.permit(upper)
    with socket.socket() as some:
        assert handoff.send(upper, some, "::1", 1)
    assert handoff.has_permit(lower)
    assert handoff.receive(lower) is not None
    upper.close()
    assert not handoff.has_permit(lower)
    lower.close()


def test_send_to_a_worker_that_takes_nothing_says_so_in_the_end() -> None:
    """The queue is bounded and never blocks the supervisor."""
    upper, lower = handoff.pair()
    with socket.socket() as some:
        assert any(not handoff.send(upper, some, "::1", 1) for _ in range(10_000))
    upper.close()
    lower.close()


def test_connections_in_the_queue_of_a_dead_worker_are_closed() -> None:
    """A client whose worker died before taking it is not left hanging."""
    upper, lower = handoff.pair()
    client, accepted = socket.socketpair()
    client.settimeout(5)
    assert handoff.send(upper, accepted, "::1", 1)
    accepted.close()
    lower.close()
    upper.close()
    assert client.recv(1) == b""
    client.close()


def test_ready_is_told_apart_from_counts() -> None:
    """One message may hold both."""
    seats = handoff.Seats()
    seats.taken()
    assert seats.report(handoff.NEW + handoff.WEBSOCKET + handoff.READY)
    assert not seats.report(handoff.WEBSOCKET + handoff.GONE)
    assert seats.total == 0


@given(st.lists(st.sampled_from(["taken", "plain", "websocket", "gone"]), max_size=60), st.data())
def test_seats_equal_a_plain_list_of_connections(acts: list[str], data: st.DataObject) -> None:
    """However reports follow each other, the counts are those of the open connections."""
    seats, kinds = handoff.Seats(), list[bytes]()
    names = {"plain": handoff.PLAIN, "websocket": handoff.WEBSOCKET, "gone": handoff.GONE}
    for act in acts:
        if act == "taken":
            seats.taken()
            kinds.append(handoff.NEW)
        elif kinds:
            at = data.draw(st.integers(0, len(kinds) - 1))
            seats.report(kinds[at] + names[act])
            kinds[at] = names[act]
            kinds = [kind for kind in kinds if kind != handoff.GONE]
        assert seats.total == len(kinds)
        assert seats.lasting == len([kind for kind in kinds if kind != handoff.PLAIN])


def test_receive_with_nothing_waiting_does_not_block() -> None:
    """The worker's green loop waits by its hub, never in the kernel."""
    upper, lower = handoff.pair()
    lower.settimeout(0)
    with pytest.raises(BlockingIOError):
        handoff.receive(lower)
    upper.close()
    lower.close()
