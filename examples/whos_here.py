"""Who of the team is here: a whole Flask-SocketIO program on presence, for any number of workers.

    python examples/whos_here.py redis://localhost:6379/0 5000     # http://localhost:5000/?name=ann
Another port is another worker. Close a tab, reload, kill -9. Timings may follow: grace_ms=1000."""

import sys

from flask import Flask
from flask_socketio import SocketIO
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from presence import PresenceUnavailable, Refused, Timings, Tracker
from presence.binding import Arrival, bind

TEAM = ("ann", "bob", "carol", "dan")
PAGE = """<!doctype html><title>Who is here</title><pre id="out"></pre><script>
const name = new URLSearchParams(location.search).get("name"), put = text => out.innerText = text
const ws = new WebSocket(`ws://${location.host}/socket.io/?EIO=4&transport=websocket`), was = {}
const show = ([, here]) => here.epoch == was.epoch && here.rev < was.rev ||
  put(JSON.stringify(Object.assign(was, {epoch: 0}, here), null, 1))
ws.onmessage = ({data}) => data[0] == 0 ? ws.send("40" + JSON.stringify({name})) : data == 2 ?
  ws.send("3") : data.startsWith("42") ? show(JSON.parse(data.slice(2))) : put(data)
ws.onclose = () => setTimeout(() => location.reload(), 1000)</script>"""

redis_url, port, *chosen = sys.argv[1:]
timings = Timings(**{name: int(ms) for name, ms in (one.split("=") for one in chosen)})
app = Flask(__name__)
app.add_url_rule("/", view_func=lambda: PAGE)
ping = {"ping_interval": timings.ping_ms / 1000, "ping_timeout": timings.ping_timeout_ms / 1000}
socketio = SocketIO(app, async_mode="threading", transports=["websocket"], **ping)


def link(answers_within_s: float | None = None) -> Redis:
    return Redis.from_url(redis_url, socket_timeout=answers_within_s, retry=Retry(NoBackoff(), 0))


def identify(auth: object) -> Arrival:  # a real program asks its session, not its visitor
    if not isinstance(auth, dict) or auth.get("name") not in TEAM:
        raise Refused("stranger", f"Say who you are: one of {', '.join(TEAM)}.")
    return Arrival(auth["name"])


def tell(*_: object, to: str | None = None) -> None:  # None: all the visitors of this worker
    try:
        now = tracker.snapshot(TEAM)
        people = {name: seen.status for name, seen in now.people.items()}
        socketio.emit("here", {"epoch": now.epoch, "rev": now.rev, "people": people}, to=to)
    except PresenceUnavailable:
        socketio.emit("here", {"people": dict.fromkeys(TEAM, "unknown")}, to=to)


tracker = Tracker(  # each worker hears of every transition
    link(3), link, timings, on_transitions=tell, on_reset=lambda _: None, on_available=tell
)
bind(socketio, tracker, identify, lambda inside: tell(to=inside.sid), lambda _: None)
tracker.start()
socketio.run(app, port=int(port), allow_unsafe_werkzeug=True)
