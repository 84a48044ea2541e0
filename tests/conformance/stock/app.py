"""Who is online, as tutorials write it: SADD on connect, SREM on disconnect, a message queue.

Written to be a fair example: patched first, several workers, sessions, and the same ping as
Rollcall has in these tests. What it lacks is what the recipe lacks.

    python app.py redis://localhost:6379/0 5000 <ping seconds> <ping timeout seconds>"""

import warnings

warnings.filterwarnings("ignore", message="\nEventlet is deprecated")
import eventlet  # noqa: E402 - patching comes before everything else

eventlet.monkey_patch()

import sys  # noqa: E402

import redis  # noqa: E402
from flask import Flask, session  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

redis_url, port, ping_s, ping_timeout_s = sys.argv[1:]

app = Flask(__name__)
app.secret_key = "the same on every worker"
store = redis.Redis.from_url(redis_url, decode_responses=True)
socketio = SocketIO(
    app,
    async_mode="eventlet",
    message_queue=redis_url,
    always_connect=True,  # a client that is told something before it is in may drop it
    ping_interval=float(ping_s),
    ping_timeout=float(ping_timeout_s),
)


@app.get("/")
def index() -> str:
    """Say that the worker serves."""
    return "serving"


@app.get("/login/<user>")
def login(user: str) -> str:
    """Sign in."""
    session["user"] = user
    return user


@app.get("/logout")
def logout() -> str:
    """Sign out."""
    session.clear()
    return ""


@socketio.on("connect")  # type: ignore[untyped-decorator] # Flask-SocketIO ships no types
def on_connect() -> bool | None:
    """Somebody is online."""
    user = session.get("user")
    if user is None:
        return False
    store.sadd("online", user)
    emit("status", {"user": user, "status": "online"}, broadcast=True)
    emit("online", sorted(store.smembers("online")))
    return None


@socketio.on("disconnect")  # type: ignore[untyped-decorator] # as above
def on_disconnect() -> None:
    """Somebody is offline."""
    user = session["user"]
    store.srem("online", user)
    emit("status", {"user": user, "status": "offline"}, broadcast=True)


if __name__ == "__main__":
    socketio.run(app, port=int(port))
