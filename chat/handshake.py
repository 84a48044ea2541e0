"""The HTTP request with which a socket begins: what it may ask for, and from where.

The rule of the file: it decides by the request alone; who asks is `roster/entrance.py`'s matter.
"""

from collections.abc import Callable, Iterable
from typing import Any

from chat.errors import ChatError, Invalid
from chat.packets import Json


def wrong_handshake(
    query: dict[str, list[str]], environ: dict[str, Any], transports: tuple[str, ...]
) -> Invalid | None:
    """What is wrong with the request, None if it may go on to Engine.IO."""
    transport = query.get("transport", [""])[0]
    if transport not in transports:
        offered = ", ".join(transports)
        return Invalid(f"Connect with one of these transports: {offered}.", field="transport")
    if "sid" in query:
        return None
    if query.get("EIO") != ["4"]:
        return Invalid("Speak Engine.IO protocol 4 (Socket.IO 3 or later).", field="EIO")
    if transport == "websocket" and environ.get("HTTP_UPGRADE", "").lower() != "websocket":
        return Invalid("A WebSocket handshake has the header Upgrade.", field="transport")
    return None


def is_own_origin(origin: str | None, host: str, allowed: Iterable[str]) -> bool:
    """Whether a page of that origin may connect: the own host's, or one that was allowed.

    No Origin is no browser (all browsers send it with WebSocket), so no foreign page can be behind
    it: programs may connect. Source: RFC 6454 and RFC 6455, section 10.2."""
    if origin is None:
        return True
    if origin.rstrip("/").lower() in {one.rstrip("/").lower() for one in allowed}:
        return True
    scheme, _, authority = origin.rstrip("/").lower().partition("://")
    return scheme in {"http", "https"} and bool(authority) and authority == host.lower()


def answer(refusal: ChatError, start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the one error shape."""
    body = Json.dumps(refusal.as_body()).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if refusal.retry_after_s is not None:
        headers.append(("Retry-After", str(refusal.retry_after_s)))
    start_response(f"{refusal.status} Refused", headers)
    return [body]
