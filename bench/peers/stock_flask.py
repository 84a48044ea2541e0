"""Flask-SocketIO with a Redis message queue, as its documentation shows it: PORT REDIS_URL."""

# ruff: noqa: E402 - its documentation patches first
import warnings

warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import sys
from typing import Any

from flask import Flask
from flask_socketio import SocketIO, emit, join_room

app = Flask(__name__)
app.config["SECRET_KEY"] = "bench"  # noqa: S105 - guards nothing
socketio = SocketIO(
    app,
    message_queue=sys.argv[2],
    async_mode="eventlet",
    cors_allowed_origins="*",
    ping_interval=10,
    ping_timeout=8,
)


@socketio.on("connect")  # type: ignore[untyped-decorator]  # it ships no types
def on_connect(auth: dict[str, Any]) -> None:
    """Into the rooms that were named."""
    for room in auth["rooms"]:
        join_room(room)


@socketio.on("post")  # type: ignore[untyped-decorator]  # the same
def on_post(message: dict[str, Any]) -> dict[str, Any]:
    """To everybody in the room; the result is the ack."""
    emit("message", message, to=message["room"])
    return {}


if __name__ == "__main__":
    print("ready", flush=True)
    socketio.run(app, port=int(sys.argv[1]))
