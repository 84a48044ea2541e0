"""The HTTP request with which a socket begins: what it may ask for, and from where.

The rule of the file: it decides by the request alone; who asks is `roster/entrance.py`'s matter.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from chat.addresses import network_of
from chat.errors import ChatError, Invalid
from chat.packets import Json

log = logging.getLogger(__name__)


def wrong_handshake(
    query: dict[str, list[str]], environ: dict[str, Any], transports: tuple[str, ...]
) -> Invalid | None:
    """What is wrong with the request, None if it may go on to Engine.IO."""
    transport = query.get("transport", [""])[0]
    if transport not in transports:
        offered = ", ".join(transports)
        return Invalid(f"Connect with one of these transports: {offered}.", field="transport")
    if transport == "websocket" and not _is_upgrade(environ):
        return Invalid("This is no WebSocket handshake of RFC 6455.", field="transport")
    if "sid" not in query and query.get("EIO") != ["4"]:
        return Invalid("Speak Engine.IO protocol 4 (Socket.IO 3 or later).", field="EIO")
    return None


def _is_upgrade(environ: dict[str, Any]) -> bool:
    """Whether it is a handshake of RFC 6455.

    Without a version eventlet speaks the drafts of 2010, whose socket has none of the methods that
    `frames.py` bounds. eventlet 0.41.3, websocket.py _handle_legacy_request."""
    return (
        environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and "upgrade" in map(str.strip, environ.get("HTTP_CONNECTION", "").lower().split(","))
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and bool(environ.get("HTTP_SEC_WEBSOCKET_KEY"))
    )


def origin_of(environ: dict[str, Any]) -> str | None:
    """The origin of the page that asks, None when the client names none.

    Browsers name it with every WebSocket. They leave it out of a GET to the page's own host, as
    polling makes it, and say `same-origin` instead. Source: Fetch, 3.2; W3C Fetch Metadata."""
    origin: str | None = environ.get("HTTP_ORIGIN")
    if origin is None and environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        return f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}"
    return origin


def is_own_origin(origin: str | None, host: str, allowed: Iterable[str]) -> bool:
    """Whether a page of that origin may connect: the own host's, or one that was allowed.

    Source: RFC 6454 and RFC 6455, section 10.2."""
    if origin is None:
        return False
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


def client_of(environ: dict[str, Any]) -> str:
    """Return the network that the request came from: what counts as one client."""
    return network_of(str(environ.get("REMOTE_ADDR", "")))


def hint_at_proxies(environ: dict[str, Any]) -> None:
    """Where a proxy is not believed, everybody behind it shares its address, and the cap of it."""
    # ProxyFix, where it is on, keeps what it replaced; Werkzeug 3.1, middleware/proxy_fix.py.
    if "HTTP_X_FORWARDED_FOR" in environ and "werkzeug.proxy_fix.orig" not in environ:
        log.warning("edge: an address is full and says it is a proxy: ROLLCALL_TRUSTED_PROXIES?")
