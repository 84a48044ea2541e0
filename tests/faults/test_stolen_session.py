"""R8: a cookie was copied, then its session ended: nobody who holds it stays, or says a word more.

With the bus down nobody can tell the other worker; its beat finds the end in SQL.
"""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tests.support.link import LinkLostError, RefusedError
from tests.support.people import PASSWORD, Person
from tests.support.redis_process import RedisProcess
from tests.support.server import QUICK, ROOT, Server
from tests.support.tab import Tab
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
End = Callable[[Server, Person], object]
KICK_S = 2.0
SLOW_HEADS = {**QUICK, "ROLLCALL_HEADS_MS": "15000"}  # the beat is not what ends them here


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers whose beat is slow."""
    server = Server(tmp_path_factory.mktemp("server"), settings=SLOW_HEADS)
    try:
        server.start()
        yield server
        assert server.new_tracebacks() == []
    finally:
        server.stop()


def by_operator(*command: str) -> End:
    """Return what ends the session: a command of the operator, with the username at its end."""

    def end(server: Server, victim: Person) -> object:
        return subprocess.run(
            [sys.executable, "-m", "chat.cli", *command, victim.username],
            cwd=ROOT,
            env={**os.environ, **server.cli_environment()},
            check=True,
            capture_output=True,
            timeout=60,
        )

    return end


def by_new_password(_server: Server, victim: Person) -> object:
    """The victim changes the password in another browser, which stays signed in."""
    other = victim.other_browser()
    answer = other.api.post("/api/v1/password", {"old": PASSWORD, "new": "battery staple"})
    assert answer.status == 204, answer.body
    assert other.api.get("/api/v1/rooms").status == 200
    return answer


ENDS: dict[str, tuple[End, str]] = {
    "signed out": (lambda _server, victim: victim.signs_out(), "signed_out"),
    "password changed": (by_new_password, "password_changed"),
    "password reset": (by_operator("reset-password", "--password", PASSWORD), "password_changed"),
    "banned": (by_operator("ban"), "banned"),
    "ended by the operator": (by_operator("end-sessions"), "revoked"),
}


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS.keys())
def test_copy_of_a_cookie_is_worthless_once_its_session_ended(
    end: End, code: str, server: Server, signs_up: SignsUp
) -> None:
    """Victim and thief on both workers are told why and cut; the thief's last words are refused."""
    victim, room = victim_of(server, signs_up)
    own = victim.opens_tab()
    held_by = server.worker_of(own.local_port)
    thief = victim.opens_tab_on(lambda pid: pid != held_by)

    with talks_on(thief, room) as accepted_at_s:
        end(server, victim)
        ended_s = time.monotonic()
        for tab in (own, thief):
            assert tab.waits_for("session:ended", within_s=10).payload["code"] == code
            tab.is_disconnected(within_s=10)

    assert max(accepted_at_s, default=0) - ended_s <= KICK_S
    assert victim.tab().is_refused() in {"not_signed_in", "banned"}
    assert posts_by_http(victim, room) in {"not_signed_in", "banned", "csrf_failed"}


def test_session_that_expires_while_connected_is_found_by_the_beat(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """Nobody ends a session whose time is over: each worker looks once a beat."""
    server = starts_server()
    victim, _ = victim_of(server, signs_up)
    tabs = [victim.opens_tab(), victim.opens_tab()]

    with closing(sqlite3.connect(server.folder / "data" / "rollcall.db")) as sql, sql:
        sql.execute("UPDATE sessions SET expires_at_ms = 1 WHERE user_id = ?", [victim.id])

    for tab in tabs:
        assert tab.waits_for("session:ended", within_s=10).payload["code"] == "expired"
        tab.is_disconnected(within_s=10)


def test_ban_that_the_bus_cannot_tell_is_found_by_the_beat(
    starts_server: Callable[..., Server],
    private_redis: RedisProcess,
    signs_up: SignsUp,
) -> None:
    """Redis stands still: SQL says that he is banned, each worker cuts within a beat or two."""
    server = starts_server(redis_url=private_redis.url)
    victim, _ = victim_of(server, signs_up)
    own = victim.opens_tab()
    held_by = server.worker_of(own.local_port)
    thief = victim.opens_tab_on(lambda pid: pid != held_by)

    private_redis.freezes()
    try:
        by_operator("ban")(server, victim)
        ended_s = time.monotonic()
        for tab in (own, thief):
            tab.is_disconnected(within_s=15)
    finally:
        private_redis.thaws()

    assert time.monotonic() - ended_s <= 10
    with pytest.raises((LinkLostError, RefusedError)):
        thief.posts("nowhere", "still here?")


def victim_of(server: Server, signs_up: SignsUp) -> tuple[Person, str]:
    """Return somebody with a room of his own."""
    victim = signs_up(server, "victim")
    return victim, victim.creates_room()


@contextmanager
def talks_on(tab: Tab, room: str) -> Iterator[list[float]]:
    """Somebody posts by that tab without a pause; yields when each post was accepted."""
    accepted_at_s: list[float] = []

    def talk() -> None:
        while True:
            try:
                tab.posts(room, f"word {len(accepted_at_s)}")
            except (LinkLostError, RefusedError):
                return
            accepted_at_s.append(time.monotonic())

    talker = threading.Thread(target=talk)
    talker.start()
    wait_until(lambda: accepted_at_s, 10, "the first word was accepted")
    try:
        yield accepted_at_s
    finally:
        tab.closes()
        talker.join()


def posts_by_http(person: Person, room: str) -> str:
    """Return the error of posting with the cookie alone."""
    path = f"/api/v1/rooms/{room}/messages"
    token = {"X-CSRF-Token": person.api.csrf_token or "x"}
    payload = {"client_id": "late", "body": "late"}
    return person.api.call("POST", path, payload, headers=token).error
