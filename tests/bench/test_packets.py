"""bench/packets.py reads and writes what the servers speak."""

import pytest

from bench import packets


def test_event_without_an_ack_is_what_the_protocol_says() -> None:
    """42, then a JSON array of name and payload."""
    assert packets.event_packet("message:post", {"body": "a"}) == b'42["message:post",{"body":"a"}]'


def test_event_with_an_ack_carries_its_number_before_the_array() -> None:
    """The server answers under that number."""
    assert packets.event_packet("x", None, 12) == b'4212["x",null]'


def test_event_is_read_back_as_it_was_written() -> None:
    """Name and payload survive the wire, whatever characters they hold."""
    packet = packets.event_packet("name", {"text": '陈"]['})

    assert packets.event_of(packet) == ("name", {"text": '陈"]['})


def test_event_without_a_payload_has_none() -> None:
    """Some events say all by their name."""
    assert packets.event_of(b'42["gone"]') == ("gone", None)


def test_event_is_told_by_how_it_begins() -> None:
    """A name that another begins with is not taken for it."""
    assert b'42["room:read",{}]'.startswith(packets.begins("room:read"))
    assert not b'42["room:ready",{}]'.startswith(packets.begins("room:read"))


@pytest.mark.parametrize(
    ("packet", "number", "value"), [(b"430[]", 0, None), (b'4317[{"a":[1]}]', 17, {"a": [1]})]
)
def test_ack_has_its_number_and_first_value(packet: bytes, number: int, value: object) -> None:
    """The number ends where the array begins."""
    assert (packets.number_of(packet), packets.value_of(packet)) == (number, value)


def test_connect_says_nothing_of_itself_unless_asked_to() -> None:
    """A server without an auth gets the bare packet."""
    assert packets.connect_packet(None) == b"40"
    assert packets.connect_packet({"visible": True}) == b'40{"visible":true}'
