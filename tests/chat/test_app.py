"""The table of contents: every event has an owner, every route of the protocol is there."""

from collections.abc import Callable

import pytest
from flask import Flask

from chat import create_app
from chat.config import Config, ConfigError
from tests.chat.browser import Browser

PROTOCOL = {
    "GET /healthz", "GET /readyz", "GET /metrics", "GET /api/v1/session", "POST /api/v1/accounts",
    "POST /api/v1/session", "DELETE /api/v1/session", "GET /api/v1/sessions",
    "DELETE /api/v1/sessions/<session_id>", "DELETE /api/v1/sessions", "GET /api/v1/rooms",
    "POST /api/v1/rooms", "POST /api/v1/rooms/<room_id>/join", "POST /api/v1/rooms/<room_id>/leave",
    "GET /api/v1/rooms/<room_id>/messages", "POST /api/v1/rooms/<room_id>/messages",
    "GET /api/v1/rooms/<room_id>/roster", "GET /api/v1/users/<user_id>/presence",
}  # fmt: skip


def test_every_route_of_the_protocol_is_there(light_app: Flask) -> None:
    """What docs/PROTOCOL.md promises is routed."""
    routed = {
        f"{method} {rule.rule}"
        for rule in light_app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    assert not PROTOCOL - routed


def test_every_event_of_the_wire_has_an_owner(light_app: Flask) -> None:
    """No event of chat/wire is left without an answer."""
    assert light_app.extensions["rollcall"].live.acks.unregistered == set()


def test_every_unsafe_route_asks_for_the_token(light_app: Flask) -> None:
    """A route that somebody adds is guarded without his thinking of it."""
    client = light_app.test_client()
    for rule in light_app.url_map.iter_rules():
        path = rule.rule.replace("<", "").replace(">", "")
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            answer = client.open(path, method=method, json={})
            assert answer.status_code == 403, f"{method} {path}"


def test_every_api_route_but_the_doors_asks_who_it_is(light_app: Flask) -> None:
    """Who is not signed in reads nothing."""
    browser = Browser(light_app)
    for rule in light_app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.rule == "/api/v1/session":
            continue
        if "GET" in (rule.methods or ()):
            path = rule.rule.replace("<", "").replace(">", "")
            assert browser.get(path).status_code == 401, path


def test_app_without_a_secret_is_refused() -> None:
    """A guessable default would sign everybody's tokens."""
    with pytest.raises(ConfigError, match="ROLLCALL_SECRET_KEY"):
        create_app(Config.from_environ({"ROLLCALL_REDIS_URL": "redis://127.0.0.1:1"}))


def test_making_an_app_asks_neither_redis_nor_sql(makes_app: Callable[..., Flask]) -> None:
    """A worker comes up while Redis is away, and says so in /readyz."""
    app = makes_app(REDIS_URL="redis://127.0.0.1:1/0")
    assert app.test_client().get("/healthz").status_code == 200
