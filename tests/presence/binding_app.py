"""A stranger's Flask-SocketIO application that uses presence: python -m ... <redis url> <port>."""

import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message="\nEventlet is deprecated")
import eventlet  # noqa: E402 - patching comes before everything else

eventlet.monkey_patch()

import flask  # noqa: E402 - after patching
import flask_socketio  # noqa: E402 - after patching

from chat.redis_client import connect, connect_blocking  # noqa: E402 - after patching
from presence import Refused, Tracker  # noqa: E402 - after patching
from presence.binding import Arrival, Entered, Left, bind  # noqa: E402 - after patching
from tests.presence.workers import QUICK  # noqa: E402 - after patching


def identify(auth: object) -> Arrival:
    """Whoever names himself is let in."""
    if not isinstance(auth, dict) or "user" not in auth:
        raise Refused("not_signed_in", "Say who you are.", temporary=False)
    if "knocks_until" in auth:  # the database is slow, and the client may not wait
        print("knocks", auth["user"], flush=True)
        while not Path(auth["knocks_until"]).exists():
            eventlet.sleep(0.01)
    return Arrival(auth["user"], context=auth, visible=auth.get("visible", True))


def entered(inside: Entered) -> None:
    """Print who came; one user's arrival breaks here, as an application's code may."""
    if inside.connection.user_id == "breaks":
        raise Refused("internal", "The application broke.")
    print("entered", inside.connection.user_id, flush=True)


def left(gone: Left) -> None:
    """Print who went, and python-socketio's reason."""
    print("left", gone.connection.user_id, gone.reason, flush=True)


def main(redis_url: str, port: int) -> None:
    """Serve until killed."""
    app = flask.Flask(__name__)
    socketio = flask_socketio.SocketIO(
        app,
        async_mode="eventlet",
        ping_interval=QUICK.ping_ms / 1000,
        ping_timeout=QUICK.ping_timeout_ms / 1000,
        manage_session=False,
        async_handlers=False,
    )
    tracker = Tracker(
        connect(redis_url),
        lambda: connect_blocking(redis_url),
        QUICK,
        on_transitions=lambda _, transitions: None,
        on_reset=lambda _: None,
        on_available=lambda _: None,
    )
    tracker.start()
    bind(socketio, tracker, identify, entered, left)
    eventlet.wsgi.server(eventlet.listen(("127.0.0.1", port)), app, log_output=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
