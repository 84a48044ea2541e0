"""The HTTP routes of rooms: shapes and statuses as in docs/PROTOCOL.md."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.chat.browser import Browser, Json, code_of


@pytest.fixture
def ann(app: Flask) -> Browser:
    """Ann's browser, signed in."""
    browser = Browser(app)
    browser.signs_up("ann")
    return browser


@pytest.fixture
def bob(app: Flask) -> Browser:
    """Bob's browser, signed in."""
    browser = Browser(app)
    browser.signs_up("bob")
    return browser


def creates(browser: Browser, name: str = "Lobby", visibility: str = "public") -> Json:
    """Return the new room."""
    answer = browser.post("/api/v1/rooms", {"name": name, "visibility": visibility})
    assert answer.status_code == 201, answer.text
    return answer.json["room"]  # type: ignore[index]  # it is there


def listed(browser: Browser) -> Json:
    """Return the rooms that the browser's user sees, by name."""
    rooms = browser.get("/api/v1/rooms").json["rooms"]  # type: ignore[index]  # it is there
    return {room["name"]: room for room in rooms}


def test_created_room_is_answered_and_listed(ann: Browser, bob: Browser) -> None:
    """The answer is what the list says; others see it as one to join."""
    room = creates(ann)

    assert room == listed(ann)["Lobby"]
    assert set(room) == {
        "id", "kind", "name", "visibility", "topic", "description", "is_archived", "slow_mode_s",
        "keep_days", "first_seq",
        "last_seq", "last_at_ms", "rev", "member_count", "is_member", "role", "read_seq", "unread",
        "mentions", "favourite", "position", "place_version",
    }  # fmt: skip
    assert listed(bob)["Lobby"] == {**room, "is_member": False, "role": None, "read_seq": None}


def test_join_and_leave(ann: Browser, bob: Browser) -> None:
    """Joining answers with the room as the joiner sees it; leaving undoes it."""
    room_id = creates(ann)["id"]

    joined = bob.post(f"/api/v1/rooms/{room_id}/join")
    assert (joined.status_code, joined.json["room"]["role"]) == (200, "member")  # type: ignore[index]  # it is there
    left = bob.post(f"/api/v1/rooms/{room_id}/leave")
    assert (left.status_code, left.json) == (200, {})

    assert code_of(bob.post(f"/api/v1/rooms/{room_id}/leave")) == "not_member"
    assert listed(bob)["Lobby"]["is_member"] is False


def test_private_room_appears_to_who_was_added(ann: Browser, bob: Browser) -> None:
    """Before: not listed, not found. After: a member's view."""
    room_id = creates(ann, visibility="private")["id"]
    assert listed(bob) == {}
    assert code_of(bob.post(f"/api/v1/rooms/{room_id}/join")) == "not_found"

    added = ann.post(f"/api/v1/rooms/{room_id}/members", {"username": "bob"})

    assert added.status_code == 200
    assert listed(bob)["Lobby"]["role"] == "member"


def test_taken_name_and_bad_names_are_told_with_the_field(ann: Browser) -> None:
    """The form can point at the field."""
    creates(ann)
    for name, code in (("LOBBY", "room_name_taken"), ("", "invalid"), ("a\u202eb", "invalid")):
        answer = ann.post("/api/v1/rooms", {"name": name, "visibility": "public"})
        assert (code_of(answer), answer.json["error"]["field"]) == (code, "name")  # type: ignore[index]  # it is there


@pytest.mark.parametrize("part", ["nowhere", "%00", "a%20b", "x" * 65, "%F0%9F%98%80"])
def test_room_that_cannot_exist_is_not_found(ann: Browser, part: str) -> None:
    """Any id that names nothing gives the same answer, and none reaches SQL that it would break."""
    for act in ("join", "leave"):
        assert code_of(ann.post(f"/api/v1/rooms/{part}/{act}")) == "not_found"
    assert code_of(ann.get(f"/api/v1/rooms/{part}/messages")) == "not_found"
    assert code_of(ann.get(f"/api/v1/rooms/{part}/roster")) == "not_found"


def test_rooms_are_for_those_signed_in(app: Flask) -> None:
    """Nobody learns of a room's name without an account."""
    stranger = Browser(app)

    assert code_of(stranger.get("/api/v1/rooms")) == "not_signed_in"
    answer = stranger.post("/api/v1/rooms", {"name": "x", "visibility": "public"})
    assert code_of(answer) == "not_signed_in"


def test_ban_from_everywhere_signs_out_and_ends_by_the_clock(
    light_app: Flask, wait_until: Callable[[Callable[[], object], float, str], object]
) -> None:
    """The administrator bans for two seconds: signed out, not let in, and then let in again."""
    admin, bob = Browser(light_app), Browser(light_app)
    admin.signs_up("admin")  # the first account administers
    bob_id = bob.signs_up("bob")["id"]
    room_id = creates(admin)["id"]
    asked = {"user_id": bob_id, "duration_s": 2, "reason": "spam", "scope": "everywhere"}

    answer = admin.post(f"/api/v1/rooms/{room_id}/bans", asked)

    assert (answer.status_code, answer.json["ban"]["scope"]) == (201, "everywhere")  # type: ignore[index]  # it is there
    assert bob.user is None
    fresh = Browser(light_app)
    assert code_of(fresh.signs_in("bob")) == "banned"
    wait_until(lambda: fresh.signs_in("bob").status_code == 200, 20, "the ban has ended")


def test_room_is_kept_by_calls(ann: Browser, bob: Browser) -> None:
    """Each call of the page of the protocol, once, with the status it says."""
    room_id = creates(ann)["id"]
    bob.post(f"/api/v1/rooms/{room_id}/join")
    bob_id = bob.user["id"]
    path = f"/api/v1/rooms/{room_id}"
    calls = [
        ("PATCH", path, {"topic": "Talk"}, 200),
        ("PATCH", f"{path}/members/{bob_id}", {"role": "moderator"}, 200),
        ("GET", f"{path}/members", None, 200),
        ("POST", f"{path}/mutes", {"user_id": bob_id, "duration_s": 60}, 201),
        ("GET", f"{path}/mutes", None, 200),
        ("DELETE", f"{path}/mutes/{bob_id}", None, 204),
        ("POST", f"{path}/invites", {"uses": 1}, 201),
        ("GET", f"{path}/invites", None, 200),
        ("PUT", f"{path}/place", {"favourite": True}, 200),
        ("PUT", "/api/v1/room-order", {"room_ids": [room_id]}, 200),
        ("POST", "/api/v1/direct", {"user_ids": [bob_id]}, 201),
        ("POST", "/api/v1/direct", {"user_ids": [bob_id]}, 200),
        ("DELETE", f"{path}/members/{bob_id}", None, 204),
        ("POST", f"{path}/bans", {"user_id": bob_id, "duration_s": 60}, 201),
        ("GET", f"{path}/bans", None, 200),
        ("DELETE", f"{path}/bans/{bob_id}", None, 204),
        ("POST", f"{path}/archive", None, 200),
        ("GET", "/api/v1/rooms?archived=1", None, 200),
        ("DELETE", f"{path}/archive", None, 200),
        ("GET", f"{path}/audit?limit=2", None, 200),
    ]
    for method, address, payload, status in calls:
        answer = ann.client.open(address, method=method, json=payload, headers=ann.csrf())
        assert answer.status_code == status, (method, address, answer.text)
    assert answer.json["has_more"] is True  # type: ignore[index]  # it is there
