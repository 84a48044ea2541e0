"""The live side as it is wired: every event has an owner, every part starts and stops."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from chat.bus_scripts import ROOMS
from tests.chat.browser import Browser
from tests.chat.live_parts import connection_of
from tests.support.redis_process import RedisProcess

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


def test_room_with_its_first_member_here_is_heard_of_and_looked_at(
    makes_app: Callable[..., Flask], redis_server: RedisProcess, wait_until: WaitUntil
) -> None:
    """Redis knows of it, then who is in it is told how far it goes, long before the next beat."""
    app = makes_app(HEADS_MS="15000")
    live = app.extensions["rollcall"].live
    ann = Browser(app)
    ann.signs_up("ann")
    made: Any = ann.post("/api/v1/rooms", {"name": "Attic", "visibility": "public"}).json
    room_id = made["room"]["id"]
    live.start()
    wait_until(lambda: live.bus.is_reading, 10, "the bus is read")
    tab = connection_of("ann")

    live.connections.add(tab)
    live.connections.enter(tab, [room_id])

    wait_until(lambda: tab.parked, 10, "the tab is told")
    told = str([one.data for one in tab.parked or []])
    assert "room:heads" in told
    assert room_id in told
    with redis_server.client() as redis:
        assert redis.sismember(f"{ROOMS}{live.bus.worker_id}", room_id)


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
