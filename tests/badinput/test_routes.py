"""Every HTTP route with every kind of wrong request is answered in the one error shape."""

import json
from typing import Any

import msgspec
import pytest

from chat import wire
from chat.errors import Invalid
from tests.badinput.conftest import Scene
from tests.badinput.shape import assert_error
from tests.support.api import Answer, Api
from tests.support.raw import nested
from tests.support.routes import Route

Routes = tuple[Route, ...]
WITH_BODY: dict[str, type[wire.Request]] = {
    "POST /api/v1/accounts": wire.SignUp,
    "POST /api/v1/session": wire.SignIn,
    "POST /api/v1/password": wire.ChangePassword,
    "POST /api/v1/rooms": wire.CreateRoom,
    "PATCH /api/v1/rooms/<room_id>": wire.ChangeRoom,
    "PUT /api/v1/room-order": wire.OrderRooms,
    "PUT /api/v1/rooms/<room_id>/place": wire.PlaceRoom,
    "POST /api/v1/direct": wire.OpenDirect,
    "POST /api/v1/rooms/<room_id>/messages": wire.PostToRoom,
    "POST /api/v1/rooms/<room_id>/members": wire.AddMember,
    "PATCH /api/v1/rooms/<room_id>/members/<user_id>": wire.SetRole,
    "POST /api/v1/rooms/<room_id>/mutes": wire.MuteMember,
    "POST /api/v1/rooms/<room_id>/bans": wire.BanUser,
    "POST /api/v1/rooms/<room_id>/invites": wire.NewInvite,
    "PATCH /api/v1/messages/<message_id>": wire.EditMessage,
    "POST /api/v1/messages/<message_id>/reactions": wire.React,
    "POST /api/v1/messages/<message_id>/pin": wire.Toggle,
    "POST /api/v1/messages/<message_id>/save": wire.Toggle,
    "POST /api/v1/rooms/<room_id>/read": wire.ReadTo,
    "POST /api/v1/rooms/<room_id>/unread": wire.UnreadFrom,
    "PATCH /api/v1/reading-settings": wire.ReadingChange,
    "POST /api/v1/drafts": wire.DraftSet,
}
MAY_BE_EMPTY = {"topic", "description", "reason", "display_name", "reply_to", "thread_id"}
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
    "x" * 3_000,
    "'%20OR%201=1--",
]


def test_bodies_that_are_not_what_a_route_asks_for(scene: Scene, all_routes: Routes) -> None:
    """Empty, non-JSON, wrong-typed, binary, deep and unknown-field bodies are invalid."""
    listed = {str(route) for route in all_routes}
    assert listed >= WITH_BODY.keys(), "a route that takes a body has another name now"

    for route in all_routes:
        for body in WRONG_BODIES if str(route) in WITH_BODY else ():
            if is_taken(WITH_BODY[str(route)], body):
                continue
            answer = scene.ann.api.call(route.method, route.path(scene.shared), body=body)
            assert answer.status == 400, (str(route), body[:40], answer.body)
            assert_error(answer.json, "invalid")


def test_wrong_value_in_any_field_of_any_body(scene: Scene) -> None:
    """Each field of each body in turn holds each wrong value: invalid, and the field is named."""
    for (call, path), right in right_bodies(scene).items():
        for field in msgspec.structs.fields(WITH_BODY[call]):
            for value in WRONG_VALUES:
                name = field.encode_name
                if is_right(field, value) and not (isinstance(value, str) and value):
                    continue
                if name in MAY_BE_EMPTY and value in ("", None):
                    continue
                answer = scene.ann.api.call(call.split()[0], path, {**right, name: value})
                assert 400 <= answer.status < 500, (path, name, value, answer.body)
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
    known = {(route.method, route.rule) for route in all_routes}

    for rule in sorted(rules):
        for method in {"PATCH", "PUT", "TRACE", "BREW"} - {how for how, of in known if of == rule}:
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


def right_bodies(scene: Scene) -> dict[tuple[str, str], dict[str, Any]]:
    """Return a right body for each call and path, so that only the one wrong field is at fault."""
    room = f"/api/v1/rooms/{scene.shared}"
    named = "/api/v1/rooms/<room_id>"
    bob = {"user_id": scene.bob.id}
    accounts = {
        "username": scene.ann.username,  # taken: right in form, and yet never stored
        "password": "correct horse battery",
        "display_name": "Ann",
    }
    message = {"client_id": "c", "body": "\u202e", "reply_to": "nosuchmessage"}
    return {
        ("POST /api/v1/accounts", "/api/v1/accounts"): accounts,
        ("POST /api/v1/password", "/api/v1/password"): {"old": "not it", "new": "battery staple"},
        ("POST /api/v1/rooms", "/api/v1/rooms"): {"name": "Lounge", "visibility": "nowhere"},
        (f"POST {named}/messages", f"{room}/messages"): message,
        (f"POST {named}/members", f"{room}/members"): {"username": "nobody-of-that-name"},
        (f"PATCH {named}", room): {"visibility": "nowhere"},
        ("PUT /api/v1/room-order", "/api/v1/room-order"): {"room_ids": [scene.shared]},
        (f"PUT {named}/place", f"{room}/place"): {"favourite": True},
        ("POST /api/v1/direct", "/api/v1/direct"): {"user_ids": ["nobody"]},
        (f"PATCH {named}/members/<user_id>", f"{room}/members/{scene.bob.id}"): {"role": "king"},
        (f"POST {named}/mutes", f"{room}/mutes"): {**bob, "duration_s": -1},
        (f"POST {named}/bans", f"{room}/bans"): {**bob, "duration_s": 10**9 * 86_400},
        (f"POST {named}/invites", f"{room}/invites"): {"uses": 0},
    }


def right_for(route: Route) -> Any:
    """Return a body that the route would take, or None where it takes none."""
    named = "/api/v1/rooms/<room_id>"
    rights: dict[str, Any] = {
        "POST /api/v1/accounts": {"username": "new-person", "password": "correct horse battery"},
        "POST /api/v1/session": {"username": "nobody", "password": "correct horse battery"},
        "POST /api/v1/password": {"old": "not the password", "new": "battery staple"},
        "POST /api/v1/rooms": {"name": "Stored by mistake", "visibility": "public"},
        "PUT /api/v1/room-order": {"room_ids": ["nowhere"]},
        "POST /api/v1/direct": {"user_ids": ["nobody"]},
        f"POST {named}/messages": {"client_id": "c", "body": "by mistake"},
        f"POST {named}/members": {"username": "nobody"},
        f"PATCH {named}": {"topic": "By mistake"},
        f"PUT {named}/place": {"favourite": True},
        f"PATCH {named}/members/<user_id>": {"role": "owner"},
        f"POST {named}/mutes": {"user_id": "nobody", "duration_s": 60},
        f"POST {named}/bans": {"user_id": "nobody"},
        f"POST {named}/invites": {},
        "PATCH /api/v1/messages/<message_id>": {"body": "by mistake"},
        "POST /api/v1/messages/<message_id>/reactions": {"emoji": "👍", "on": True},
        "POST /api/v1/messages/<message_id>/pin": {"on": True},
        "POST /api/v1/messages/<message_id>/save": {"on": True},
        f"POST {named}/read": {"seq": 0},
        f"POST {named}/unread": {"seq": 1},
        "PATCH /api/v1/reading-settings": {"receipts": True},
        "POST /api/v1/drafts": {"room_id": "nowhere", "body": "by mistake", "version": 1},
    }
    return rights.get(str(route))


def is_taken(shape: type[wire.Request], body: bytes) -> bool:
    """Whether the wire's own shape takes that body, so that it is not wrong."""
    try:
        wire.request_from_json(body, shape)
    except Invalid:
        return False
    return True


def is_right(field: msgspec.structs.FieldInfo, value: object) -> bool:
    """Whether the wire's own type takes that value for that field."""
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        return False
    return True


def refused_early(api: Api, route: Route, argument: str, body: bytes) -> Answer | None:
    """Return the answer; None when the server hung up in the middle of the upload, as it may."""
    try:
        return api.call(route.method, route.path(argument), body=body)
    except ConnectionError:
        return None
