"""Names that lie, that cannot be seen, or that are far too long are refused with their field."""

from typing import Any

import pytest

from tests.badinput.conftest import Scene
from tests.badinput.shape import assert_error

UNREADABLE = {
    "empty": "",
    "blank": "   ",
    "NUL": "a\x00b",
    "control": "a\x07b",
    "escape": "\x1b[31mred",
    "line feed": "two\nlines",
    "RTL override": "\u202eevil",
    "LTR override": "\u202devil",
    "isolate": "\u2066evil\u2069",
    "zero width": "\u200b",
    "byte order mark": "\ufeffname",
    "lone surrogate": "\ud83d",
    "noncharacter": "a\uffff",
    "hangul filler": "\u3164",
    "10 000 characters": "x" * 10_000,
    "10 000 combining marks": "a" + "\u0301" * 10_000,
}


@pytest.mark.parametrize("name", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_room_name_is_refused(name: str, scene: Scene) -> None:
    """No room has such a name."""
    answer = scene.ann.api.post("/api/v1/rooms", {"name": name, "visibility": "public"})

    assert_invalid(answer.json, answer.status, "name")


@pytest.mark.parametrize("name", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_username_is_refused(name: str, scene: Scene) -> None:
    """No account has such a username."""
    payload = {"username": name, "password": "correct horse battery"}

    answer = scene.bob.api.post("/api/v1/accounts", payload)

    assert_invalid(answer.json, answer.status, "username")


@pytest.mark.parametrize("name", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_display_name_is_refused(name: str, scene: Scene) -> None:
    """No account has such a display name; one that is left empty is the username."""
    payload = {
        "username": scene.ann.username,  # taken, so that nothing can be stored in any case
        "password": "correct horse battery",
        "display_name": name,
    }

    answer = scene.bob.api.post("/api/v1/accounts", payload)

    if name.strip():
        assert_invalid(answer.json, answer.status, "display_name")
    else:
        assert_error(answer.json, "invalid", "username_taken")


@pytest.mark.parametrize("topic", ["a\x00b", "two\nlines", "\u202eevil", "x" * 251, "\ud83d"])
def test_topic_is_refused(topic: str, scene: Scene) -> None:
    """No room has such a topic."""
    room = {"name": "Lounge", "visibility": "public", "topic": topic}

    answer = scene.ann.api.post("/api/v1/rooms", room)

    assert_invalid(answer.json, answer.status, "topic")


def test_name_that_only_looks_different_is_taken(scene: Scene) -> None:
    """A username and a room name in other case or width are the same name: taken."""
    upper = scene.ann.username.upper()
    payload = {"username": upper, "password": "correct horse battery"}

    assert_error(scene.bob.api.post("/api/v1/accounts", payload).json, "username_taken")

    rooms = scene.ann.api.get("/api/v1/rooms").json["rooms"]
    (name,) = [room["name"] for room in rooms if room["id"] == scene.shared]
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isalpha() else char for char in name.upper())
    again = scene.bob.api.post("/api/v1/rooms", {"name": wide, "visibility": "public"})
    assert_error(again.json, "room_name_taken")


def assert_invalid(body: Any, status: int, field: str) -> None:
    """The answer is 400 invalid, and it names the field."""
    assert status == 400, body
    assert_error(body, "invalid")
    assert body["error"].get("field") == field
