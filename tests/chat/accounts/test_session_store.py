"""Flask's session: lazy, revocable, and restored from SQL after Redis lost it."""

import threading
from collections.abc import Callable

import msgspec
import pytest
from flask import Flask, session

from chat.accounts.sessions import hash_of, key_of
from tests.chat.browser import Browser, code_of
from tests.support.postgres import Postgres
from tests.support.redis_process import RedisProcess


@pytest.fixture
def app_with_slow_route(app: Flask) -> tuple[Flask, threading.Event, threading.Event]:
    """An app with a route that reads the session, waits, then writes into it."""
    has_read, may_write = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        session.get("anything")
        has_read.set()
        assert may_write.wait(10)
        session["draft"] = "typed before the sign-out"
        return "done"

    return app, has_read, may_write


def test_slow_request_begun_before_sign_out_does_not_revive_the_session(
    app_with_slow_route: tuple[Flask, threading.Event, threading.Event], redis_server: RedisProcess
) -> None:
    """A request that read the session before its end, and changes it after, writes nothing."""
    app, has_read, may_write = app_with_slow_route
    browser, slow = Browser(app), Browser(app)
    browser.signs_up("ann")
    sid = browser.sid
    slow.client.set_cookie("rollcall_session", sid)
    request = threading.Thread(target=slow.get, args=("/slow",))
    request.start()
    assert has_read.wait(10)
    browser.signs_out()
    may_write.set()
    request.join(10)
    with redis_server.client() as redis:
        assert redis.get(key_of(hash_of(sid))) is None
    assert slow.user is None


def test_redis_restarted_empty_signs_nobody_out(app: Flask, redis_server: RedisProcess) -> None:
    """The session, and its CSRF token, are as before when Redis comes back with nothing."""
    browser = Browser(app)
    user = browser.signs_up("ann")
    redis_server.flush()
    assert browser.user == user
    redis_server.flush()
    assert browser.signs_out().status_code == 204


def test_ended_session_stays_ended_when_redis_restarts_empty(
    app: Flask, redis_server: RedisProcess
) -> None:
    """What was signed out before Redis lost everything is not restored."""
    browser, thief = Browser(app), Browser(app)
    browser.signs_up("ann")
    thief.client.set_cookie("rollcall_session", browser.sid)
    browser.signs_out()
    redis_server.flush()
    assert thief.user is None


def test_session_whose_copy_outlived_its_end_is_worthless(
    app: Flask, redis_server: RedisProcess
) -> None:
    """A copy of an ended session, back in Redis by an old backup, does not sign in."""
    browser = Browser(app)
    browser.signs_up("ann")
    sid, key = browser.sid, key_of(hash_of(browser.sid))
    with redis_server.client() as redis:
        backup = redis.get(key)
        browser.signs_out()
        assert backup is not None
        redis.set(key, backup)
    browser.client.set_cookie("rollcall_session", sid)
    assert browser.user is None


def test_session_is_over_after_the_idle_limit(
    app: Flask, redis_server: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unused for half an hour, a session signs nobody in, whatever Redis still holds."""
    browser = Browser(app)
    browser.signs_up("ann")
    sessions = app.extensions["rollcall"].accounts.sessions
    now_ms = sessions._now_ms
    monkeypatch.setattr(sessions, "_now_ms", lambda: now_ms() + 1_801_000)
    assert browser.user is None
    redis_server.flush()
    assert browser.user is None


def test_copy_in_redis_dies_with_the_idle_limit(app: Flask, redis_server: RedisProcess) -> None:
    """The copy carries a TTL of the idle limit, so that Redis forgets who went away."""
    browser = Browser(app)
    browser.signs_up("ann")
    with redis_server.client() as redis:
        ttl_s = redis.ttl(key_of(hash_of(browser.sid)))
    assert 1790 <= int(ttl_s) <= 1800


def test_pickle_in_redis_is_not_run(app: Flask, redis_server: RedisProcess) -> None:
    """Bytes that are a pickle, written by whoever reached Redis, are not decoded as one."""
    browser = Browser(app)
    browser.signs_up("ann")
    payload = b"cbuiltins\nexec\n(Vraise SystemExit('the pickle ran')\ntR."
    with redis_server.client() as redis:
        redis.set(key_of(hash_of(browser.sid)), payload)
    assert browser.user is None


def test_redis_holds_no_cookie_value(app: Flask, redis_server: RedisProcess) -> None:
    """Neither a key nor a value in Redis, and no row in SQL, is what the browser would send."""
    browser = Browser(app)
    browser.signs_up("ann")
    with redis_server.client() as redis:
        for key in redis.scan_iter("rc:session:*"):
            assert browser.sid.encode() not in key
            kept = redis.get(key)
            assert isinstance(kept, bytes)
            assert browser.sid.encode() not in kept
            assert set(msgspec.msgpack.decode(kept)) == {"session_id", "csrf_token"}


def test_page_that_needs_no_session_asks_redis_nothing(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """With Redis away, what needs no session is served even to a browser that has a cookie."""
    app = makes_app(REDIS_URL=private_redis.url)
    browser = Browser(app)
    browser.signs_up("ann")
    private_redis.dies()
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/no/such/page").status_code == 404


def test_redis_away_is_unavailable_and_signs_nobody_out(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """While Redis is away the answer is 503 `unavailable`; when it is back, ann is still ann."""
    app = makes_app(REDIS_URL=private_redis.url)
    browser, stranger = Browser(app), Browser(app)
    user = browser.signs_up("ann")
    stranger.csrf()
    private_redis.dies()
    for answer in (browser.get("/api/v1/session"), stranger.signs_in("ann")):
        assert (answer.status_code, code_of(answer)) == (503, "unavailable")
        assert answer.json is not None
        assert answer.json["error"]["temporary"] is True
        assert answer.headers["Retry-After"] == "1"
        assert "Set-Cookie" not in answer.headers
    private_redis.start()
    assert browser.user == user


def test_visitors_are_stored_nowhere(app: Flask, redis_server: RedisProcess) -> None:
    """A hundred visitors with a hundred tokens cost Redis no key and SQL no row."""
    tokens = {Browser(app).csrf()["X-CSRF-Token"] for _ in range(100)}
    with redis_server.client() as redis:
        assert redis.keys("rc:session:*") == []
    assert len(tokens) == 100


def test_form_opened_before_redis_lost_everything_still_signs_in(
    app: Flask, redis_server: RedisProcess
) -> None:
    """The token of a visitor follows from his cookie."""
    Browser(app).signs_up("ann")
    browser = Browser(app)
    browser.csrf()
    redis_server.flush()
    assert browser.signs_in("ann").status_code == 200


def test_visitor_is_looked_up_nowhere(
    makes_app: Callable[..., Flask], private_redis: RedisProcess
) -> None:
    """Who is not signed in sees the sign-in form while Redis is away."""
    app = makes_app(REDIS_URL=private_redis.url)
    private_redis.dies()
    browser = Browser(app)
    assert browser.user is None
    assert browser.user is None


@pytest.mark.parametrize("cookie", ["x", "~", "x" * 3000, "\u00fc", "'; DROP TABLE users; --"])
def test_cookie_that_is_nobodys_is_a_stranger(light_app: Flask, cookie: str) -> None:
    """Any value that was never given out opens nothing, and is not adopted as a session id."""
    browser = Browser(light_app)
    browser.client.set_cookie("rollcall_session", cookie)
    assert browser.user is None
    assert browser.sid != cookie


def test_cookie_behind_tls_is_secure_and_bound_to_the_host(makes_app: Callable[..., Flask]) -> None:
    """With an https public URL the cookie is `__Host-` and Secure, at sign-out as well."""
    browser = Browser(makes_app(PUBLIC_URL="https://chat.example.org"))
    answer = browser.get("/api/v1/session")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-rollcall_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_sql_away_is_unavailable_and_signs_nobody_out(
    makes_app: Callable[..., Flask], postgres_server: Postgres
) -> None:
    """While the database is gone the answer is 503 `unavailable`, the cookie stays."""
    url = postgres_server.fresh_database()
    browser = Browser(makes_app(DATABASE_URL=url))
    browser.signs_up("ann")
    sid = browser.sid
    postgres_server.drop(url)
    for answer in (browser.get("/api/v1/session"), browser.signs_in("ann")):
        assert (answer.status_code, code_of(answer)) == (503, "unavailable")
    assert browser.sid == sid
