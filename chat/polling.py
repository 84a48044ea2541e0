"""The body of a polling POST, looked at before Engine.IO does.

python-engineio 4.15.1 logs a traceback for bytes that are no packets, and its farewell waits for a
queue that nobody reads: the request would hang until the ping times out (server.py handle_request).
"""

from io import BytesIO
from typing import Any

from engineio.payload import Payload

from chat.errors import ChatError, Invalid, TooLarge
from chat.packets import is_text_packet

SEPARATOR = "\x1e"  # Source: engine.io-protocol v4


def wrong_body(environ: dict[str, Any], longest_bytes: int) -> ChatError | None:
    """What is wrong with the body, None if it is packets; it can be read again afterwards."""
    if environ.get("REQUEST_METHOD") != "POST":
        return None
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > longest_bytes:
            return TooLarge()
        body = environ["wsgi.input"].read(length)
        parts = body.decode().split(SEPARATOR)
    except ValueError:
        return _no_packets()
    environ["wsgi.input"] = BytesIO(body)
    if len(parts) > Payload.max_decode_packets or not all(map(is_text_packet, parts)):
        return _no_packets()
    return None


def _no_packets() -> Invalid:
    return Invalid("The body is not a list of Engine.IO packets.")
