"""The binding, in a real Flask-SocketIO server of its own process, spoken to over a websocket."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import websocket

from presence import Status
from tests.presence.workers import PATIENCE_S, QUICK, Worker
from tests.support.child import free_port, start_child, stop_child
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for, wait_until

ONLINE, OFFLINE = Status.ONLINE, Status.OFFLINE


class Tab:
    """A client that speaks Engine.IO 4 and answers pings when it is let."""

    def __init__(self, port: int, auth: dict[str, object] | None) -> None:
        url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        self._socket = websocket.create_connection(url, timeout=PATIENCE_S)
        assert str(self._socket.recv()).startswith("0")
        self._socket.send("40" + (json.dumps(auth) if auth is not None else ""))
        self.answer = self._next()

    def answers_pings(self, count: int) -> None:
        """Answer so many pings; returns after the last."""
        for _ in range(count):
            assert self._socket.recv() == "2"
            self._socket.send("3")

    def closes(self) -> None:
        """The tab is closed."""
        self._socket.close(timeout=0)  # a browser does not wait for the server's good-bye

    def _next(self) -> str:
        while (packet := self._socket.recv()) == "2":
            self._socket.send("3")
        return str(packet)


class Application:
    """The server process and the worker that watches from outside."""

    def __init__(self, server: RedisProcess, folder: Path) -> None:
        self.redis = server
        self.port = free_port()
        self._log = folder / "application.log"
        command = [sys.executable, "-m", "tests.presence.binding_app", server.url, str(self.port)]
        environ = {**os.environ, "EVENTLET_NO_GREENDNS": "yes"}
        self.process = start_child(command, self._log, env=environ)
        self.viewer = Worker(server.url).starts()
        self._tabs: list[Tab] = []

    def opens(self, auth: dict[str, object] | None) -> Tab:
        """A tab is open, or was refused, by what auth says."""
        self._tabs.append(Tab(self.port, auth))
        return self._tabs[-1]

    def says_of(self, user_id: str) -> list[str]:
        """Which callbacks the application had for the user, in order."""
        words = [line.split() for line in self._log.read_text().splitlines()]
        return [line[0] for line in words if line[1:2] == [user_id]]

    def ends(self) -> None:
        """All is gone."""
        for tab in self._tabs:
            tab.closes()
        stop_child(self.process, signal.SIGKILL)
        self.viewer.stops()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application, serving, on a Redis of its own; each test has a user of its own."""
    folder = tmp_path_factory.mktemp("binding")
    server = RedisProcess(folder)
    server.start()
    running = Application(server, folder)
    wait_until(_connects_to(running.port), 2 * PATIENCE_S, "the application serves")
    yield running
    running.ends()
    server.stop()


def _connects_to(port: int) -> Callable[[], bool]:
    def connects() -> bool:
        try:
            Tab(port, None).closes()
        except OSError:
            return False
        return True

    return connects


def test_socket_that_connects_and_closes_is_online_and_offline(application: Application) -> None:
    """Connect is the lease, the disconnect its grace; the application hears of both once."""
    tab = application.opens({"user": "ann"})
    assert tab.answer.startswith("40{")
    application.viewer.waits_until_told("ann", ONLINE)
    tab.closes()
    told = application.viewer.waits_until_told("ann", OFFLINE)
    assert told.cause == "closed"
    assert told.at_ms - told.since_ms >= QUICK.grace_ms
    assert application.says_of("ann") == ["entered", "left"]


def test_refused_socket_gets_the_code_and_leaves_no_trace(application: Application) -> None:
    """Whoever is not let in learns why in a code, and was never here."""
    refused = application.opens({"name": "nobody"})
    assert refused.answer.startswith("44")
    assert json.loads(refused.answer[2:])["data"] == {
        "code": "not_signed_in",
        "message": "Say who you are.",
        "temporary": False,
    }
    with application.redis.client() as client:
        assert not [key for key in client.keys("*") if b"nobody" in key]


def test_arrival_that_breaks_in_the_application_is_ended_without_grace(
    application: Application,
) -> None:
    """If what follows the lease fails, the lease is revoked and the client refused."""
    tab = application.opens({"user": "breaks"})
    assert json.loads(tab.answer[2:])["data"]["code"] == "internal"
    assert application.viewer.waits_until_told("breaks", OFFLINE).cause == "signed_out"


def test_pongs_keep_the_lease(application: Application) -> None:
    """Answering pings is enough to stay: for longer than any lease, without a word more."""
    tab = application.opens({"user": "ben"})
    application.viewer.waits_until_told("ben", ONLINE)
    lifetimes = 2 * QUICK.lease_ms // QUICK.ping_ms
    tab.answers_pings(lifetimes)
    assert application.viewer.statuses_told_of("ben") == [ONLINE]
    tab.closes()


def test_socket_that_answers_no_ping_is_offline_within_the_bound(
    application: Application,
) -> None:
    """A client that froze or whose cable was cut is found by its ping."""
    tab = application.opens({"user": "cid"})
    told_online = application.viewer.waits_until_told("cid", ONLINE)
    told = application.viewer.waits_until_told("cid", OFFLINE)
    assert told.at_ms - told_online.at_ms <= QUICK.bounds().silent_ms + QUICK.ping_ms + 1_000
    assert told.cause == "silent"
    assert told.at_ms - told.since_ms >= QUICK.ping_timeout_ms + QUICK.grace_ms
    tab.closes()


def test_hidden_from_the_start_is_away_in_time(application: Application) -> None:
    """A tab opened in the background counts as away when its time has come."""
    tab = application.opens({"user": "dan", "visible": False})
    application.viewer.waits_until_told("dan", Status.AWAY)
    tab.closes()


def test_reload_shows_nothing(application: Application) -> None:
    """The old socket closes, the new one comes: nobody sees a thing."""
    tab = application.opens({"user": "eve"})
    application.viewer.waits_until_told("eve", ONLINE)
    for _ in range(5):
        tab.closes()
        tab = application.opens({"user": "eve"})
    tab.answers_pings(3)
    told = application.viewer.statuses_told_of
    holds_for(lambda: told("eve") == [ONLINE], 0.2, "eve was online all the time")
    tab.closes()


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_polling_client_that_left_while_it_was_let_in_is_no_ghost(
    application: Application, tmp_path: Path, *, is_forgotten: bool
) -> None:
    """python-socketio tells nobody of such a close: the binding sees it off itself, also when
    Engine.IO has forgotten the socket by then, as it does at the next request for it."""
    url = f"http://127.0.0.1:{application.port}/socket.io/?EIO=4&transport=polling"
    with urllib.request.urlopen(url) as opened:
        poll = f"{url}&sid={json.loads(opened.read()[1:])['sid']}"
    user = "gus" if is_forgotten else "fay"
    door = tmp_path / "door"
    knock = "40" + json.dumps({"user": user, "knocks_until": str(door)})
    with ThreadPoolExecutor() as pool:
        knocking = pool.submit(_post, poll, knock)
        wait_until(lambda: application.says_of(user), PATIENCE_S, f"{user} knocks")
        _post(poll, "1")  # Engine.IO's close
        if is_forgotten:
            with pytest.raises(urllib.error.HTTPError) as unknown:
                urllib.request.urlopen(poll)
            unknown.value.close()
        door.touch()
        knocking.result()
    assert application.viewer.waits_until_told(user, OFFLINE).cause == "closed"
    assert application.says_of(user) == ["knocks", "entered", "left"]


def _post(url: str, packet: str) -> None:
    try:
        with urllib.request.urlopen(url, packet.encode()) as answer:
            answer.read()
    except urllib.error.HTTPError as refused:  # the answer to who has left is no matter
        refused.close()
