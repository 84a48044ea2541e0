"""Just enough HTTP for a load client: one request, one answer, one connection each."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from bench.client import Door


async def call(
    door: Door, method: str, path: str, cookie: str, *, csrf_token: str = ""
) -> tuple[int, Any]:  # Any: one JSON value
    """The status and the JSON of the answer; None when it has no body."""
    status, body = await fetch(door, method, path, cookie, csrf_token=csrf_token)
    return status, msgspec.json.decode(body) if body else None


async def fetch(
    door: Door, method: str, path: str, cookie: str, *, csrf_token: str = ""
) -> tuple[int, bytes]:
    """The status and the body of the answer as it came."""
    reader, writer = await asyncio.open_connection(door.host, door.port)
    host = f"{door.host}:{door.port}"
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
    head += f"Cookie: {cookie}\r\nConnection: close\r\nContent-Length: 0\r\n"
    writer.write((head + f"X-CSRF-Token: {csrf_token}\r\n\r\n").encode())
    try:
        answer = await reader.read()
    finally:
        writer.close()
    top, _, body = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ", 2)[1]), body


async def csrf_token(door: Door, cookie: str) -> str:
    """The token that unsafe calls of this session carry."""
    _, session = await call(door, "GET", "/api/v1/session", cookie)
    return str(session["csrf_token"])
