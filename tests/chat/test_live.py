"""The live side as it is wired: every event has an owner, every part starts and stops."""

import threading
from collections.abc import Callable

from flask import Flask

WaitUntil = Callable[[Callable[[], object], float, str], object]


def test_every_event_of_the_wire_has_an_owner(makes_app: Callable[..., Flask]) -> None:
    """What docs/PROTOCOL.md lets clients send is answered by somebody."""
    live = makes_app().extensions["rollcall"].live

    assert live.acks.unregistered == set()


def test_parts_start_and_stop(makes_app: Callable[..., Flask], wait_until: WaitUntil) -> None:
    """After start presence is known and the bus read; after stop no thread of ours is left."""
    before = set(threading.enumerate())
    live = makes_app().extensions["rollcall"].live

    live.start()
    wait_until(lambda: live.tracker.available and live.bus.is_reading, 10, "it runs")
    live.drain()
    live.stop()

    wait_until(
        lambda: not (set(threading.enumerate()) - before), 10, "every thread of the live side ends"
    )


def test_options_of_socketio_are_those_that_were_measured(makes_app: Callable[..., Flask]) -> None:
    """Order of events, no compression, text only, no Redis read an event."""
    socketio = (
        makes_app(PING_MS="2500", MAX_PACKET_BYTES="5000").extensions["rollcall"].live.socketio
    )

    assert socketio.server.async_handlers is False
    assert socketio.manage_session is False
    assert socketio.server.eio.http_compression is False
    assert socketio.server.eio.transports == ["websocket"]
    assert socketio.server.eio.ping_interval == 2.5
    assert socketio.server.eio.max_http_buffer_size == 5000
    assert socketio.server.packet_class.uses_binary_events is False
