"""The wire: every request is closed, every refusal names its field, every event has its shape."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import wire
from chat.errors import Invalid, NotFound

GOOD: dict[type[wire.Request], dict[str, Any]] = {
    wire.SignUp: {"username": "ann", "password": "correct horse"},
    wire.SignIn: {"username": "ann", "password": "x"},
    wire.ChangePassword: {"old": "x", "new": "battery staple"},
    wire.CreateRoom: {"name": "Lobby", "visibility": "public"},
    wire.RoomsQuery: {"archived": True},
    wire.ChangeRoom: {"topic": "Talk", "slow_mode_s": 5},
    wire.RemovalQuery: {"keep_days": 30},
    wire.ExportQuery: {"format": "html"},
    wire.AddMember: {"username": "bob"},
    wire.SetRole: {"role": "moderator"},
    wire.OpenDirect: {"user_ids": ["u"]},
    wire.KickQuery: {"reason": "noise"},
    wire.MuteMember: {"user_id": "u", "duration_s": 60},
    wire.BanUser: {"user_id": "u", "duration_s": 60, "scope": "everywhere"},
    wire.BansQuery: {"scope": "room"},
    wire.NewInvite: {"expires_in_s": 60, "uses": 1},
    wire.PlaceRoom: {"favourite": True},
    wire.OrderRooms: {"room_ids": ["r"]},
    wire.AuditQuery: {"before": "a"},
    wire.PostToRoom: {"client_id": "c", "body": "hi"},
    wire.EditMessage: {"body": "hi", "body_rev": 3},
    wire.React: {"emoji": "👍", "on": True},
    wire.Toggle: {"on": True},
    wire.PageQuery: {"before": 7},
    wire.MentionQuery: {"body": "@ann"},
    wire.ReadTo: {"seq": 1},
    wire.UnreadFrom: {"seq": 1},
    wire.ReadingChange: {"receipts": False},
    wire.HistoryQuery: {},
    wire.SearchQuery: {"q": "tea", "from": "ann", "in": "lobby", "limit": 10},
    wire.ConnectAuth: {"visible": False},
    wire.MessagePost: {"room_id": "r", "client_id": "c", "body": "hi"},
    wire.MessageSince: {"rooms": {"r": 0}, "revs": {"r": 1}},
    wire.MessageEdit: {"message_id": "m", "body": "hi"},
    wire.MessageDelete: {"message_id": "m"},
    wire.MessageReact: {"message_id": "m", "emoji": "👍", "on": True},
    wire.MessagePin: {"message_id": "m", "on": True},
    wire.MessageSave: {"message_id": "m", "on": False},
    wire.MessageRead: {"room_id": "r", "seq": 1},
    wire.MessageUnread: {"room_id": "r", "seq": 1},
    wire.MessageTyping: {"room_id": "r", "typing": True},
    wire.DraftSet: {"room_id": "r", "body": "hi", "version": 1},
    wire.PresenceVisible: {"visible": True},
    wire.PresenceSet: {"status": "busy", "text": "lunch", "emoji": "🍜", "until_ms": 1},
    wire.PresenceQuery: {"why": True},
    wire.RosterSync: {"epoch": "e", "rev": 1},
}
SHAPES = list(GOOD)
NO_OBJECTS: list[object] = [None, 1, "text", [], True, 1.5, float("nan"), b"bytes", [{}]]


def refused(payload: object, shape: type[wire.Request]) -> Invalid:
    """Return the refusal of the payload."""
    with pytest.raises(Invalid) as refusal:
        wire.request_from(payload, shape)
    return refusal.value


def test_every_request_has_an_example_here() -> None:
    """A new request cannot be added without being tested."""
    assert set(SHAPES) == set(wire.Request.__subclasses__())
    assert {request for request, _ in wire.CLIENT_EVENTS.values()} <= set(SHAPES)


def test_every_shape_is_taken_from_the_package() -> None:
    """Whoever uses a shape need not know in which module of the wire it stands."""
    for shape in [*wire.Request.__subclasses__(), *wire.Answer.__subclasses__()]:
        assert getattr(wire, shape.__name__) is shape


@pytest.mark.parametrize("shape", SHAPES)
def test_good_request_is_read_from_objects_and_from_json(shape: type[wire.Request]) -> None:
    """The same request comes out of an event's payload and of a body."""
    good = GOOD[shape]

    assert wire.request_from(good, shape) == wire.request_from_json(
        json.dumps(good).encode(), shape
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("payload", NO_OBJECTS)
def test_what_is_no_object_is_invalid(payload: object, shape: type[wire.Request]) -> None:
    """A payload that is not an object is refused with a sentence."""
    assert refused(payload, shape).message


@pytest.mark.parametrize("shape", SHAPES)
def test_unknown_field_is_invalid_and_named(shape: type[wire.Request]) -> None:
    """A field that the protocol does not have is refused by its name."""
    assert refused({**GOOD[shape], "extra": 1}, shape).field == "extra"


@pytest.mark.parametrize("shape", SHAPES)
def test_wrong_type_of_each_field_is_invalid_and_named(shape: type[wire.Request]) -> None:
    """Every field of every request refuses a value of another type, and is named."""
    for field in msgspec.structs.fields(shape):
        refusal = refused({**GOOD[shape], field.name: {"wrong": object}}, shape)
        assert (refusal.field or "").split("[")[0] in {field.name, f"{field.name}.wrong"}


@pytest.mark.parametrize("shape", SHAPES)
def test_missing_field_is_invalid_and_named(shape: type[wire.Request]) -> None:
    """A required field that is left out is named."""
    required = [one.name for one in msgspec.structs.fields(shape) if one.required]
    for name in required:
        without = {key: value for key, value in GOOD[shape].items() if key != name}
        assert refused(without, shape).field == name


@pytest.mark.parametrize(
    "bad", ["", "a b", "a/b", "a\x00", "a\n", "\u00e4", "x" * 65, "..", "a\ud800"]
)
def test_id_of_another_alphabet_is_invalid(bad: str) -> None:
    """What cannot be an id never reaches SQL or Redis, from payloads and from addresses alike."""
    assert refused({**GOOD[wire.MessagePost], "room_id": bad}, wire.MessagePost).field == "room_id"
    with pytest.raises(NotFound):
        wire.id_from_path(bad)


@pytest.mark.parametrize("bad", ["", "a b", "\x7f", "\u00e4", "x" * 65])
def test_client_id_of_another_alphabet_is_invalid(bad: str) -> None:
    """Client ids are visible ASCII, at most 64 characters."""
    refusal = refused({**GOOD[wire.MessagePost], "client_id": bad}, wire.MessagePost)
    assert refusal.field == "client_id"


@pytest.mark.parametrize("seq", [-1, 2**53, 1.5, "1", None, True])
def test_seq_out_of_range_is_invalid(seq: object) -> None:
    """A seq is a whole number that JavaScript can count to."""
    assert refused({"room_id": "r", "seq": seq}, wire.MessageRead).field == "seq"


def test_too_many_rooms_in_one_request_are_invalid() -> None:
    """`message:since` is bounded."""
    rooms = {f"r{n}": 0 for n in range(wire.SINCE_ROOMS_MAX + 1)}
    assert refused({"rooms": rooms}, wire.MessageSince).field == "rooms"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b"nul", b'{"name": "a"', b"[" * 100_000, b'{"name":"a\\ud8"}'],
)
def test_body_that_is_no_json_is_invalid(raw: bytes) -> None:
    """Bytes that are no JSON, or nested without end, are refused."""
    with pytest.raises(Invalid):
        wire.request_from_json(raw, wire.CreateRoom)


def test_query_is_read_from_its_digits() -> None:
    """Numbers in a URL are numbers; anything else is refused with its field."""
    assert wire.request_from_query({"before": "7", "limit": "2"}, wire.HistoryQuery) == (
        wire.HistoryQuery(before=7, limit=2)
    )
    for name, text in (("limit", "0"), ("limit", "201"), ("before", "-1"), ("after", "x")):
        with pytest.raises(Invalid) as refusal:
            wire.request_from_query({name: text}, wire.HistoryQuery)
        assert refusal.value.field == name


def test_refusal_never_holds_what_no_encoder_takes() -> None:
    """Half of a surrogate pair in a field's name does not break the answer."""
    assert msgspec.json.encode(refused({"\ud800": 1}, wire.RosterSync).as_body())


def outcome(payload: object, shape: type[wire.Request]) -> object:
    """Return the request, or the error's body."""
    try:
        return wire.request_from(payload, shape)
    except Invalid as refusal:
        return refusal.as_body()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_json_is_a_request_or_invalid(payload: object) -> None:
    """Whatever JSON is sent, the outcome is a request or one refusal that can be encoded."""
    for shape in SHAPES:
        assert msgspec.json.encode(outcome(payload, shape))


def test_event_text_is_a_socket_io_packet() -> None:
    """The frame is what every Socket.IO client reads: 2, then [name, payload]."""
    text = wire.event_text("room:left", wire.RoomLeft(room_id="r"))

    assert text[0] == "2"
    assert json.loads(text[1:]) == ["room:left", {"room_id": "r"}]


def test_unset_fields_stay_off_the_wire_and_nulls_stay_on_it() -> None:
    """A field that is left out is left out; a field that is empty is null."""
    change = wire.PresenceChange(user_id="u", status="online")
    presence = wire.UserPresence("e", 1, "u", "online", None, None, None)

    assert msgspec.to_builtins(change) == {"user_id": "u", "status": "online"}
    assert msgspec.to_builtins(presence)["last_seen_at_ms"] is None
