"""Every event with every kind of wrong payload is answered by an error, and stores nothing."""

import json
from typing import Any

import msgspec
import pytest

from chat.wire import CLIENT_EVENTS
from tests.badinput.conftest import Scene
from tests.badinput.shape import assert_error
from tests.support.raw import nested

WRONG_WHOLES: list[Any] = [None, True, 0, -1, 1.5, "", "text", [], [1], [[]], [{}], nested(200)]
WRONG_VALUES: list[Any] = [[], {}, "", "x" * 20_000, -1, 2**70, 1.5, True, None, "\x00", "\u202e"]
RETRY_S = 2


@pytest.mark.parametrize("event", sorted(CLIENT_EVENTS))
def test_event_with_a_wrong_whole_is_invalid(event: str, scene: Scene) -> None:
    """A payload that is no object at all is refused with invalid, whatever it is."""
    tab = scene.ann.opens_tab()

    for whole in WRONG_WHOLES:
        assert_error(tab.ask(event, whole), "invalid")


@pytest.mark.parametrize("event", sorted(CLIENT_EVENTS))
def test_event_with_an_unknown_field_is_invalid(event: str, scene: Scene) -> None:
    """An object with a field that the protocol does not know is refused, and the field is named."""
    tab = scene.ann.opens_tab()

    answer = tab.ask(event, {**valid(event, scene), "surprise": 1})

    assert_error(answer, "invalid")
    assert answer["error"]["field"] == "surprise"


@pytest.mark.parametrize("event", sorted(CLIENT_EVENTS))
def test_event_with_a_wrong_value_in_any_field_is_refused(event: str, scene: Scene) -> None:
    """Each field in turn holds each wrong value: an error each time, never a stored thing."""
    tab = scene.ann.opens_tab()
    right = valid(event, scene)

    for field in msgspec.structs.fields(CLIENT_EVENTS[event][0]):
        for value in WRONG_VALUES:
            if is_right(field, value) or (event, field.name, value) == ("draft:set", "body", ""):
                continue
            answer = tab.ask(event, {**right, field.encode_name: value})
            assert_error(answer, "invalid", "not_found", "not_member")


@pytest.mark.parametrize("event", sorted(CLIENT_EVENTS))
def test_event_without_a_needed_field_is_invalid(event: str, scene: Scene) -> None:
    """Each field that has no default is left out in turn, and the error names it."""
    tab = scene.ann.opens_tab()
    right = valid(event, scene)

    for field in msgspec.structs.fields(CLIENT_EVENTS[event][0]):
        if field.required:
            short = {name: value for name, value in right.items() if name != field.encode_name}
            answer = tab.ask(event, short)
            assert_error(answer, "invalid")
            assert answer["error"]["field"] == field.encode_name


def test_unknown_event_is_answered(scene: Scene) -> None:
    """An event that nobody knows, or that only the server may send, is refused by its ack."""
    tab = scene.ann.opens_tab()

    for event in ("", "nonsense", "message:new", "session:ended", "message", "connect", "x" * 999):
        assert_error(tab.ask(event, {}), "unknown_event")


@pytest.mark.parametrize(
    "event",
    [
        *("message:post", "message:read", "message:since"),
        *("message:unread", "message:typing", "draft:set"),
    ],
)
def test_event_about_a_room_that_is_not_mine_is_refused(event: str, scene: Scene) -> None:
    """Somebody else's private room and a room that does not exist look the same to a stranger."""
    tab = scene.bob.opens_tab()

    answers = [
        tab.ask(event, about(event, room)) for room in (scene.private, "nosuchroom", "A" * 64)
    ]

    if event == "message:since":
        assert answers == [{"rooms": {}}] * 3
        return
    for answer in answers:
        assert_error(answer, "not_found", "not_member")
    assert len({answer["error"]["code"] for answer in answers}) == 1, "existence leaks"


@pytest.mark.parametrize(
    "body", ["", " ", "\n", "\u200b", "x" * 4001, "\x00", "a\x07b", "\u202eexe.txt", "\ud800"]
)
def test_message_that_nobody_could_read_is_invalid(body: str, scene: Scene) -> None:
    """Empty, invisible, too long and direction-turning messages are refused, with the field."""
    tab = scene.ann.opens_tab()

    answer = tab.ask("message:post", {**valid("message:post", scene), "body": body})

    assert_error(answer, "invalid")


@pytest.mark.parametrize(
    "packet",
    [
        '421["message:post"]',
        '421["message:post",{},{}]',
        '421["message:post",NaN]',
        '421["message:post",1e999]',
        '421["message:post",{"room_id":"\\ud800"}]',
        f'421["message:post",{json.dumps(nested(900))}]',
    ],
)
def test_event_in_a_strange_but_well_formed_packet_is_answered(packet: str, scene: Scene) -> None:
    """Too few or too many arguments, NaN, infinity, half a surrogate pair: an error in the ack."""
    raw = scene.raw()

    raw.sends(packet)
    answer = raw.receives_until("43")

    assert_error(json.loads(answer[3:])[0], "invalid")


def valid(event: str, scene: Scene) -> dict[str, Any]:
    """Return a payload that would be right, so that only the one wrong thing is at fault."""
    payloads: dict[str, dict[str, Any]] = {
        "message:post": {"room_id": scene.shared, "client_id": "c", "body": "hello"},
        "message:since": {"rooms": {scene.shared: 0}},
        "message:edit": {"message_id": "nosuchmessage", "body": "hello"},
        "message:delete": {"message_id": "nosuchmessage"},
        "message:react": {"message_id": "nosuchmessage", "emoji": "👍", "on": True},
        "message:pin": {"message_id": "nosuchmessage", "on": True},
        "message:save": {"message_id": "nosuchmessage", "on": True},
        "message:read": {"room_id": scene.shared, "seq": 0},
        "message:unread": {"room_id": scene.shared, "seq": 1},
        "message:typing": {"room_id": scene.shared, "typing": False},
        "draft:set": {"room_id": scene.shared, "body": "", "version": 1},
        "presence:visible": {"visible": True},
        "presence:set": {"status": "busy", "text": "lunch", "emoji": "🍜"},
        "roster:sync": {},
    }
    return payloads[event]


def about(event: str, room: str) -> dict[str, Any]:
    """Return a right payload of the event about that room."""
    payloads: dict[str, dict[str, Any]] = {
        "message:post": {"room_id": room, "client_id": "c", "body": "hello"},
        "message:since": {"rooms": {room: 0}},
        "message:read": {"room_id": room, "seq": 0},
        "message:unread": {"room_id": room, "seq": 1},
        "message:typing": {"room_id": room, "typing": True},
        "draft:set": {"room_id": room, "body": "hello", "version": 1},
    }
    return payloads[event]


def is_right(field: msgspec.structs.FieldInfo, value: object) -> bool:
    """Whether the wire's own type takes that value for that field, so that it is not wrong."""
    try:
        msgspec.convert(value, field.type)
    except (msgspec.ValidationError, RecursionError):
        return False
    return not (field.encode_name == "body" and value in ("", "\x00", "\u202e", "x" * 20_000))
