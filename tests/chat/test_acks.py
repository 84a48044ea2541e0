"""Acks: the result or the one error shape, whatever is sent and whatever goes wrong."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from redis.exceptions import ConnectionError as RedisGone

from chat import wire
from chat.acks import Ack, Acks
from chat.connections import Connections, LiveConnection
from chat.errors import NotMember, RateLimited
from tests.chat.live_parts import Screens, connection_of

READ = {"room_id": "lobby", "seq": 1}


class Server:
    """Takes handlers as python-socketio does."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[..., Ack]] = {}

    def on(self, event: str, handler: Callable[..., Ack], namespace: str) -> object:
        """Keep the handler."""
        assert namespace == "/"
        self.handlers[event] = handler
        return None


class House:
    """One connection, and a handler of message:read that does what a test says."""

    def __init__(self) -> None:
        self.server, self.connections = Server(), Connections(Screens().send)
        self.acks = Acks(self.server, self.connections)
        self.connection = connection_of("ann")
        self.connections.add(self.connection)
        self.asked: list[tuple[LiveConnection, wire.MessageRead]] = []
        self.fails: Exception | None = None
        self.acks.register("message:read", wire.MessageRead, self._on_read)

    def sends(self, *payload: object, event: str = "message:read", sid: str = "") -> dict[str, Any]:
        """Return the ack."""
        ack = self.server.handlers[event](sid or self.connection.sid, *payload)
        return dict(msgspec.json.decode(ack))

    def _on_read(self, connection: LiveConnection, request: wire.MessageRead) -> wire.Done:
        self.asked.append((connection, request))
        if self.fails is not None:
            raise self.fails
        return wire.Done()


@pytest.fixture
def house() -> House:
    """A fresh one."""
    return House()


def test_handler_gets_the_connection_and_a_checked_request(house: House) -> None:
    """Who asks comes from the table of connections, never from the payload."""
    assert house.sends(READ) == {}

    assert house.asked == [(house.connection, wire.MessageRead(room_id="lobby", seq=1))]


@pytest.mark.parametrize("payload", [(), (READ, READ), (None,), ([],), ("x",), ({},), (1,)])
def test_wrong_payload_is_invalid_and_never_handled(
    house: House, payload: tuple[object, ...]
) -> None:
    """Nothing, two values, or another shape: refused before the handler."""
    assert house.sends(*payload)["error"]["code"] == "invalid"
    assert house.asked == []


def test_sid_that_is_not_in_the_table_is_not_signed_in(house: House) -> None:
    """A connection that just left has no identity any more."""
    assert house.sends(READ, sid="gone")["error"]["code"] == "not_signed_in"


def test_refusal_travels_as_it_is(house: House) -> None:
    """Codes, temporary and retry_after_s reach the client."""
    house.fails = RateLimited(retry_after_s=3)
    error = house.sends(READ)["error"]
    assert (error["code"], error["temporary"], error["retry_after_s"]) == ("rate_limited", True, 3)

    house.fails = NotMember()
    assert house.sends(READ)["error"]["code"] == "not_member"


def test_absence_of_redis_is_unavailable(house: House) -> None:
    """What Rollcall depends on being away is temporary, and no defect."""
    house.fails = RedisGone("no route")

    error = house.sends(READ)["error"]

    assert (error["code"], error["temporary"]) == ("unavailable", True)


def test_defect_is_internal_and_logged_under_a_reference(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a reference, the log has it with the traceback, and no secret is told."""
    house.fails = RuntimeError("the password is 12345")

    error = house.sends(READ)["error"]

    assert (error["code"], error["temporary"]) == ("internal", True)
    assert "12345" not in error["message"]
    reference = error["message"].rstrip(".").split()[-1]
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text


def test_unknown_event_is_told_so(house: House) -> None:
    """An event that nobody listens to gets an answer too."""
    payloads: list[tuple[object, ...]] = [(), ({},), (1, 2, 3)]
    for payload in payloads:
        ack = house.server.handlers["*"]("no:such", house.connection.sid, *payload)
        refusal = msgspec.json.decode(ack)
        assert refusal["error"]["code"] == "unknown_event"


def test_second_owner_of_an_event_is_refused(house: House) -> None:
    """Socket.IO would silently replace the first one."""
    with pytest.raises(ValueError, match="owner"):
        house.acks.register("message:read", wire.MessageRead, lambda *_: wire.Done())


def test_event_with_another_shape_than_the_wire_is_refused(house: House) -> None:
    """What is registered is what docs/PROTOCOL.md says."""
    with pytest.raises(ValueError, match="shape"):
        house.acks.register("roster:sync", wire.MessageRead, lambda *_: wire.Done())
    with pytest.raises(KeyError):
        house.acks.register("no:such", wire.MessageRead, lambda *_: wire.Done())
    assert "roster:sync" in house.acks.unregistered
