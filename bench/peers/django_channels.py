"""Django Channels with channels_redis on uvicorn, as its tutorial shows it: PORT REDIS_URL.

Channels speaks plain WebSocket, so the few packets that the load client exchanges with a Socket.IO
server are written by hand: the same bytes go over the wire."""

from __future__ import annotations

import sys
from typing import Any

import django
import msgspec
import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

from bench import packets

# redis-py 8 gives up on an answer after 5 s; channels_redis 4.3 waits longer, then ends the tab.
HOST = {"address": sys.argv[2], "socket_timeout": None}
LAYER = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [HOST]}}


class Tab(AsyncWebsocketConsumer):  # type: ignore[misc]  # it ships no types
    """One connection; its rooms are groups."""

    rooms: tuple[str, ...] = ()

    async def connect(self) -> None:
        """Accept, and ask who it is."""
        await self.accept()
        await self.send("0{}")

    async def disconnect(self, _code: int) -> None:
        """Out of its groups."""
        for room in self.rooms:
            await self.channel_layer.group_discard(room, self.channel_name)

    async def receive(self, text_data: str) -> None:
        """CONNECT with the rooms, or a post."""
        packet = text_data.encode()
        if packet.startswith(packets.CONNECTED):
            self.rooms = tuple(msgspec.json.decode(packet[2:])["rooms"])
            for room in self.rooms:
                await self.channel_layer.group_add(room, self.channel_name)
            await self.send("40")
            return
        number, _, _ = text_data[2:].partition("[")
        _, message = msgspec.json.decode(packet[2 + len(number) :])
        await self.channel_layer.group_send(
            message["room"],
            {"type": "told", "text": packets.event_packet("message", message).decode()},
        )
        await self.send(f"43{number}[{{}}]")

    async def told(self, event: dict[str, Any]) -> None:
        """A message of one of its rooms."""
        await self.send(event["text"])


if __name__ == "__main__":
    settings.configure(CHANNEL_LAYERS={"default": LAYER})
    django.setup()
    routes = URLRouter([re_path("", Tab.as_asgi())])
    print("ready", flush=True)
    uvicorn.run(
        ProtocolTypeRouter({"websocket": routes}),
        port=int(sys.argv[1]),
        log_level="warning",
        loop="uvloop",
    )
