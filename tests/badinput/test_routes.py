"""Every HTTP route with every kind of wrong request is answered in the one error shape."""

import json
from typing import Any

import pytest

from tests.badinput.conftest import Scene
from tests.badinput.shape import assert_error
from tests.support.api import Answer, Api
from tests.support.raw import nested
from tests.support.routes import Route

Routes = tuple[Route, ...]
WITH_BODY = {
    "POST /api/v1/accounts",
    "POST /api/v1/session",
    "POST /api/v1/password",
    "POST /api/v1/rooms",
    "POST /api/v1/rooms/<room_id>/messages",
    "POST /api/v1/rooms/<room_id>/members",
    "PATCH /api/v1/messages/<message_id>",
    "POST /api/v1/messages/<message_id>/reactions",
    "POST /api/v1/messages/<message_id>/pin",
}
OPEN = {"GET /api/v1/session", "POST /api/v1/session", "POST /api/v1/accounts"}
WRONG_BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"{",
    b"\x00\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"surprise": 1}',
    b'{"username": NaN}',
    json.dumps(nested(900)).encode(),
    b"[" * 60_000,
]
WRONG_VALUES: list[Any] = [None, 1, True, 1.5, [], {}, "", "\x00", "\u202eabc", "x" * 10_000]
WRONG_ARGUMENTS = [
    "nosuchthing",
    "%00",
    "%E2%80%AE",
    "%F0%9F%91%8B",
    "..%2f..%2fetc%2fpasswd",
    "%ff%fe",
    "-1",
    "x" * 5_000,
    "'%20OR%201=1--",
]


def test_bodies_that_are_not_what_a_route_asks_for(scene: Scene, all_routes: Routes) -> None:
    """Empty, non-JSON, wrong-typed, binary, deep and unknown-field bodies are invalid."""
    listed = {str(route) for route in all_routes}
    assert listed >= WITH_BODY, "a route that takes a body has another name now"

    for route in all_routes:
        for body in WRONG_BODIES if str(route) in WITH_BODY else ():
            answer = scene.ann.api.call(route.method, route.path(scene.shared), body=body)
            assert answer.status == 400, (str(route), body[:40], answer.body)
            assert_error(answer.json, "invalid")


def test_wrong_value_in_any_field_of_any_body(scene: Scene) -> None:
    """Each field of each body in turn holds each wrong value: invalid, and the field is named."""
    for path, right in right_bodies(scene).items():
        for field in right:
            for value in WRONG_VALUES:
                answer = scene.ann.api.post(path, {**right, field: value})
                if field in {"topic", "display_name", "reply_to"} and value in ("", None):
                    continue
                assert 400 <= answer.status < 500, (path, field, value, answer.body)
                assert_error(answer.json)


def test_body_over_64_kib_is_too_large(scene: Scene, all_routes: Routes) -> None:
    """A body that is too large is refused with 413 before it is read as JSON."""
    huge = b'{"username": "' + b"x" * 2_000_000 + b'"}'

    for route in all_routes:
        if str(route) in WITH_BODY:
            answer = refused_early(scene.ann.api, route, scene.shared, huge)
            if answer is not None:
                assert answer.status == 413, (str(route), answer.status)
                assert_error(answer.json, "too_large")


def test_body_of_another_type_is_unsupported(scene: Scene, all_routes: Routes) -> None:
    """A form, a text or a file where JSON is asked for is refused with 415."""
    for route in all_routes:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
            if str(route) in WITH_BODY:
                path = route.path(scene.shared)
                answer = scene.ann.api.call(
                    route.method, path, body=b"a=b", headers={"Content-Type": kind}
                )
                assert answer.status == 415, (str(route), kind, answer.body)
                assert_error(answer.json, "unsupported_media_type")


def test_wrong_argument_in_any_path_is_refused(scene: Scene, all_routes: Routes) -> None:
    """Ids that are nobody's, NUL, overrides, parent folders, bad UTF-8: a 4xx, never a 500."""
    for route in all_routes:
        for argument in WRONG_ARGUMENTS if route.is_api and route.arguments else ():
            answer = scene.ann.api.call(route.method, route.path(argument), right_for(route))
            assert 400 <= answer.status < 500, (str(route), argument[:30], answer.body)
            assert_error(answer.json)


def test_room_of_somebody_else_looks_like_no_room(scene: Scene, all_routes: Routes) -> None:
    """For a stranger every route of a private room answers as for a room that does not exist."""
    for route in all_routes:
        if route.is_api and "room_id" in route.arguments:
            theirs, nowhere = (
                scene.bob.api.call(route.method, route.path(room), right_for(route))
                for room in (scene.private, "0" * len(scene.private))
            )
            assert (theirs.status, theirs.error) == (404, "not_found"), str(route)
            assert nowhere.status == theirs.status
            assert nowhere.json == theirs.json, "existence leaks"


def test_public_room_is_closed_to_who_has_not_joined(scene: Scene, all_routes: Routes) -> None:
    """A room that is only listed can be joined; it can be neither read nor written before."""
    listed = scene.ann.api.get("/api/v1/rooms").json["rooms"]
    assert scene.shared in [room["id"] for room in listed]
    assert scene.bob.api.post(f"/api/v1/rooms/{scene.shared}/leave").status == 200

    for route in all_routes:
        if route.is_api and "room_id" in route.arguments and not route.rule.endswith("/join"):
            answer = scene.bob.api.call(route.method, route.path(scene.shared), right_for(route))
            assert (answer.status, answer.error) == (403, "not_member"), str(route)
    scene.bob.joins(scene.shared)


def test_unsafe_call_needs_the_right_csrf_token(scene: Scene, all_routes: Routes) -> None:
    """Without a token, with garbage, and with somebody else's token: csrf_failed, every time."""
    scene.bob.api.refresh_csrf()

    for route in all_routes:
        for token in ("", "garbage", "x" * 5_000, scene.bob.api.csrf_token):
            if route.is_api and route.is_unsafe:
                headers = {"X-CSRF-Token": token}
                path = route.path(scene.shared)
                answer = scene.ann.api.call(route.method, path, right_for(route), headers=headers)
                assert (answer.status, answer.error) == (403, "csrf_failed"), str(route)
                assert_error(answer.json)


def test_signed_out_caller_gets_not_signed_in(scene: Scene, all_routes: Routes) -> None:
    """Every route of the API but signing up and in asks who one is, before anything else."""
    stranger = Api(scene.server.host)

    for route in all_routes:
        if route.is_api and str(route) not in OPEN | {"DELETE /api/v1/session"}:
            answer = stranger.call(route.method, route.path(scene.shared), right_for(route))
            assert (answer.status, answer.error) == (401, "not_signed_in"), str(route)


def test_method_that_a_route_does_not_know_is_refused(scene: Scene, all_routes: Routes) -> None:
    """PATCH, PUT and nonsense methods are 405 in the one shape, with Allow."""
    rules = {route.rule for route in all_routes if route.is_api}
    known = {str(route) for route in all_routes}

    for rule in sorted(rules):
        for method in {"PATCH", "PUT", "TRACE", "BREW"} - {
            method for method in ("PATCH", "PUT") if f"{method} {rule}" in known
        }:
            answer = scene.ann.api.call(method, Route(method, rule).path(scene.shared))
            assert (answer.status, answer.error) == (405, "method_not_allowed"), (method, rule)


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=",
        "before=" + "9" * 40,
        "before=%E2%80%AE1",
        "before=1&after=1",
        "after=-1",
        "limit=0",
        "limit=201",
        "limit=1e9",
        "limit=%00",
        "surprise=1",
    ],
)
def test_query_of_the_history_is_checked(query: str, scene: Scene) -> None:
    """A wrong number, range, or name in the query is invalid; nothing is guessed."""
    answer = scene.ann.api.get(f"/api/v1/rooms/{scene.shared}/messages?{query}")

    assert answer.status == 400
    assert_error(answer.json, "invalid")


def test_unknown_address_is_not_found(scene: Scene) -> None:
    """An address that is none answers 404 in the one shape, whatever is in it."""
    for path in ("/api/v1/nothing", "/api/v2/session", "/api/", "/api/v1/%00", "/api/v1/a/../b"):
        answer = scene.ann.api.get(path)
        assert (answer.status, answer.error) == (404, "not_found"), path


def right_bodies(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return a right body for each path, so that only the one wrong field is at fault."""
    return {
        "/api/v1/accounts": {
            "username": scene.ann.username,  # taken: right in form, and yet never stored
            "password": "correct horse battery",
            "display_name": "Ann",
        },
        "/api/v1/password": {"old": "not the password", "new": "battery staple"},
        "/api/v1/rooms": {"name": "Lounge", "visibility": "nowhere", "topic": "Talk"},
        f"/api/v1/rooms/{scene.shared}/messages": {
            "client_id": "c",
            "body": "\u202e",
            "reply_to": "nosuchmessage",
        },
        f"/api/v1/rooms/{scene.shared}/members": {"username": "nobody-of-that-name"},
    }


def right_for(route: Route) -> Any:
    """Return a body that the route would take, or None where it takes none."""
    rights: dict[str, Any] = {
        "POST /api/v1/accounts": {"username": "new-person", "password": "correct horse battery"},
        "POST /api/v1/session": {"username": "nobody", "password": "correct horse battery"},
        "POST /api/v1/password": {"old": "not the password", "new": "battery staple"},
        "POST /api/v1/rooms": {"name": "Stored by mistake", "visibility": "public"},
        "POST /api/v1/rooms/<room_id>/messages": {"client_id": "c", "body": "by mistake"},
        "POST /api/v1/rooms/<room_id>/members": {"username": "nobody"},
        "PATCH /api/v1/messages/<message_id>": {"body": "by mistake"},
        "POST /api/v1/messages/<message_id>/reactions": {"emoji": "👍", "on": True},
        "POST /api/v1/messages/<message_id>/pin": {"on": True},
    }
    return rights.get(str(route))


def refused_early(api: Api, route: Route, argument: str, body: bytes) -> Answer | None:
    """Return the answer; None when the server hung up in the middle of the upload, as it may."""
    try:
        return api.call(route.method, route.path(argument), body=body)
    except ConnectionError:
        return None
