"""What the edge reaches into upstream is, letter by letter, what it was checked against.

A pin holds a release; a distribution may still patch it, and a pin is easily moved. When a text
here changes, read the function again, then the measure that names it, then write down the new hash:

    python -m tests.chat.test_upstream
"""

import hashlib
import importlib
import importlib.metadata
import inspect
from collections.abc import Callable
from typing import Any, Final

import engineio
import engineio.base_server
import engineio.packet
import engineio.payload
import engineio.socket
import pytest
import socketio
import socketio.manager
import socketio.packet

from chat import green

assert green.ASYNC_MODE == "eventlet"  # it must be the first to import eventlet: it quiets it
websocket = importlib.import_module("eventlet.websocket")
wsgi = importlib.import_module("eventlet.wsgi")
hub = importlib.import_module("eventlet.hubs.hub")
poll = importlib.import_module("eventlet.hubs.poll")

# Function, and who relies on it.
TEXTS: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "engineio.Socket.receive": (engineio.socket.Socket.receive, "edge_socket.py receive"),
    "engineio.Socket.send": (engineio.socket.Socket.send, "edge_socket.py send"),
    "engineio.Socket.close": (engineio.socket.Socket.close, "edge_socket.py cut"),
    "engineio.Socket.schedule_ping": (
        engineio.socket.Socket.schedule_ping,
        "edge_socket.py schedule_ping, presence/binding.py _feed",
    ),
    "engineio.Socket._send_ping": (engineio.socket.Socket._send_ping, "pings.py"),
    "engineio.Server._service_task": (engineio.Server._service_task, "pings.py"),
    "engineio.Socket._websocket_handler": (
        engineio.socket.Socket._websocket_handler,
        "edge_socket.py _websocket_handler, _upgrade",
    ),
    "engineio.Socket._upgrade_websocket": (
        engineio.socket.Socket._upgrade_websocket,
        "edge_socket.py _upgrade_websocket",
    ),
    "engineio.Server._handle_connect": (engineio.Server._handle_connect, "edge.py _on_open"),
    "engineio.Server.handle_request": (engineio.Server.handle_request, "edge.py guarded"),
    "engineio.Server._trigger_event": (engineio.Server._trigger_event, "edge.py _on_message"),
    "engineio.Packet.decode": (engineio.packet.Packet.decode, "packets.py is_text_packet"),
    "engineio.Payload.decode": (engineio.payload.Payload.decode, "polling.py wrong_body"),
    "socketio.Server._handle_eio_message": (
        socketio.Server._handle_eio_message,
        "edge.py _on_message",
    ),
    "socketio.Server._handle_connect": (socketio.Server._handle_connect, "packets.py _check_auth"),
    "socketio.Packet.decode": (socketio.packet.Packet.decode, "packets.py TextPacket.decode"),
    "socketio.Manager.connect": (socketio.Manager.connect, "packets.py ConnectedManager.connect"),
    "eventlet.WebSocketWSGI.__call__": (
        websocket.WebSocketWSGI.__call__,
        "handshake.py _is_upgrade, edge_socket.py _websocket_handler",
    ),
    "eventlet.RFC6455WebSocket.__init__": (
        websocket.RFC6455WebSocket.__init__,
        "edge_socket.py _websocket_handler",
    ),
    "eventlet.RFC6455WebSocket._send_closing_frame": (
        websocket.RFC6455WebSocket._send_closing_frame,
        "edge_socket.py _websocket_handler",
    ),
    "eventlet.HttpProtocol.finish": (wsgi.HttpProtocol.finish, "green.py finish"),
    "eventlet.Hub.add": (hub.BaseHub.add, "green.py Kept"),
    "eventlet.Hub.remove": (hub.BaseHub.remove, "green.py Kept"),
    "eventlet.Hub.wait": (poll.Hub.wait, "green.py Kept, incoming.py arrived"),
    "eventlet.Server.process_request": (
        wsgi.Server.process_request,
        "green.py HttpServer",
    ),
}
KNOWN: Final[dict[str, str]] = {
    "engineio.Socket.receive": "4126eb2537d0d020",
    "engineio.Socket.send": "f8b2738ee5d48ab2",
    "engineio.Socket.close": "05fac55831999f25",
    "engineio.Socket.schedule_ping": "fe316639159cd70d",
    "engineio.Socket._send_ping": "21861287bd38dedc",
    "engineio.Server._service_task": "9492b7b0d652907d",
    "engineio.Socket._websocket_handler": "58afe122719282de",
    "engineio.Socket._upgrade_websocket": "02f6ac05441609d3",
    "engineio.Server._handle_connect": "049f7c2b2c239080",
    "engineio.Server.handle_request": "79302edd007fcce6",
    "engineio.Server._trigger_event": "bc536417c3045418",
    "engineio.Packet.decode": "18e27ff7fd56addd",
    "engineio.Payload.decode": "9c7975664d815d3d",
    "socketio.Server._handle_eio_message": "65f309c138d634eb",
    "socketio.Server._handle_connect": "1b0ba130a57d9320",
    "socketio.Packet.decode": "61ad7904b539f472",
    "socketio.Manager.connect": "a0214ac7cb24346c",
    "eventlet.WebSocketWSGI.__call__": "9e0ec3809e822a0e",
    "eventlet.RFC6455WebSocket.__init__": "94f5579952f38c90",
    "eventlet.RFC6455WebSocket._send_closing_frame": "f8baf7278536f56a",
    "eventlet.HttpProtocol.finish": "d23530dd4e6afd45",
    "eventlet.Hub.add": "5aa4447a94d42421",
    "eventlet.Hub.remove": "7af6377b6ec97b9b",
    "eventlet.Hub.wait": "691d0ecab34b5cd9",
    "eventlet.Server.process_request": "9935bc04bba3e20f",
}


def hash_of(function: Callable[..., Any]) -> str:
    """Return a short hash of the function's text."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_the_one_that_was_checked(name: str) -> None:
    """The function that a measure replaces, wraps or relies on has not changed."""
    function, relied_on_by = TEXTS[name]

    assert hash_of(function) == KNOWN[name], f"{name} changed: read it, then {relied_on_by}"


def test_versions_are_those_that_were_checked() -> None:
    """The edge reaches into these packages; another release has to be looked at first."""
    packages = ("python-socketio", "python-engineio", "eventlet")
    seen = {name: importlib.metadata.version(name).rsplit(".", 1)[0] for name in packages}

    assert seen == {"python-socketio": "5.18", "python-engineio": "4.15", "eventlet": "0.41"}


if __name__ == "__main__":
    for one, (text, _) in TEXTS.items():
        print(f'    "{one}": "{hash_of(text)}",')
