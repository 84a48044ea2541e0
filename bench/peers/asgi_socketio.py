"""python-socketio on uvicorn and a Redis manager, as in its documentation: PORT REDIS_URL."""

from __future__ import annotations

import sys
from typing import Any

import socketio
import uvicorn

server = socketio.AsyncServer(
    async_mode="asgi",
    client_manager=socketio.AsyncRedisManager(sys.argv[2]),
    cors_allowed_origins="*",
    ping_interval=10,
    ping_timeout=8,
)


@server.event  # type: ignore[untyped-decorator]  # it ships no types
async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, Any]) -> None:
    """Into the rooms that were named."""
    for room in auth["rooms"]:
        await server.enter_room(sid, room)


@server.event  # type: ignore[untyped-decorator]  # the same
async def post(_sid: str, message: dict[str, Any]) -> dict[str, Any]:
    """To everybody in the room; the result is the ack."""
    await server.emit("message", message, to=message["room"])
    return {}


if __name__ == "__main__":
    print("ready", flush=True)
    uvicorn.run(socketio.ASGIApp(server), port=int(sys.argv[1]), log_level="warning", loop="uvloop")
