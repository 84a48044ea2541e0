"""Settings of a room, and where a user keeps it: who may, what is told, what changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from chat import wire
from chat.errors import Forbidden, Invalid, NotFound, NotMember, RoomNameTaken
from chat.ids import RoomId
from chat.rooms.roles import MODERATOR
from chat.terms import Identity
from tests.chat.house import House


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: test_followed.py does the same acts on both databases."""
    return f"sqlite:///{tmp_path / 'rollcall.db'}"


@pytest.fixture
def room_id(house: House, ann: Identity, bob: Identity, eve: Identity) -> RoomId:
    """Ann's room; Bob moderates, Eve is a member."""
    room_id = house.opens_room(ann, bob, eve)
    house.parts.moderation.set_role(ann, room_id, bob.user_id, MODERATOR)
    house.told.events.clear()
    return room_id


def change(house: House, by: Identity, room_id: RoomId, **wanted: Any) -> wire.Room:
    """Return the room as the asker sees it after the change."""
    return house.parts.settings.change(by, room_id, wire.ChangeRoom(**wanted))


def test_change_is_told_with_the_next_rev_and_noted(
    house: House, ann: Identity, room_id: RoomId
) -> None:
    """The members are told what the room is now; the log has before and after."""
    before = house.rooms.get(ann.user_id, room_id)

    room = change(house, ann, room_id, name=" The  Hall ", topic="Talk", description="a\r\nb")

    assert (room.name, room.topic, room.description) == ("The Hall", "Talk", "a\nb")
    assert room.rev == before.rev + 1
    (told,) = house.told.heard(room_id, "room:changed")
    assert isinstance(told, wire.RoomChanged)
    assert (told.rev, told.room.name) == (room.rev, "The Hall")
    entries = house.parts.audit.of_room(ann, room_id, wire.AuditQuery()).entries
    (entry,) = [one for one in entries if one.act == "change_room"]
    facts = {"name": ["Lobby", "The Hall"], "topic": ["", "Talk"], "description": ["", "a\nb"]}
    assert entry.facts == facts


def test_change_that_changes_nothing_takes_no_rev(
    house: House, ann: Identity, room_id: RoomId
) -> None:
    """The same values, and no values at all, are no change."""
    before = house.rooms.get(ann.user_id, room_id)

    assert change(house, ann, room_id, name="Lobby", slow_mode_s=0) == before
    assert change(house, ann, room_id) == before
    assert house.told.events == []


def test_who_may_change_what(
    house: House, ann: Identity, bob: Identity, eve: Identity, room_id: RoomId
) -> None:
    """Topic and slow mode are for moderators, name and visibility for owners; all or nothing."""
    assert change(house, bob, room_id, topic="Talk", slow_mode_s=5).slow_mode_s == 5
    for by, wanted in (
        (bob, {"name": "Mine"}),
        (bob, {"visibility": "private"}),
        (bob, {"topic": "x", "name": "Mine"}),
        (eve, {"topic": "x"}),
        (eve, {}),
    ):
        with pytest.raises(Forbidden):
            change(house, by, room_id, **wanted)
    with pytest.raises(Forbidden):
        house.parts.settings.archive(bob, room_id)

    assert change(house, ann, room_id, visibility="private").visibility == "private"
    assert house.rooms.get(ann.user_id, room_id).topic == "Talk"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"name": ""}, "name"), ({"name": "a\u202eb"}, "name"), ({"name": "\ufdfa" * 80}, "name"),
     ({"topic": "a\nb"}, "topic"), ({"topic": "x" * 251}, "topic"),
     ({"description": "a\x00"}, "description"), ({"description": "x" * 1001}, "description")],
)  # fmt: skip
def test_settings_that_nobody_could_read_are_refused(
    house: House, ann: Identity, room_id: RoomId, wanted: dict[str, str], field: str
) -> None:
    """Each names its field, and nothing changed."""
    before = house.rooms.get(ann.user_id, room_id)

    with pytest.raises(Invalid) as refusal:
        change(house, ann, room_id, **wanted)

    assert refusal.value.field == field
    assert house.rooms.get(ann.user_id, room_id) == before


def test_name_of_another_room_is_taken_also_when_that_is_archived(
    house: House, ann: Identity, room_id: RoomId
) -> None:
    """A name is an address: case and width do not make another one of it."""
    other = house.opens_room(ann, name="Hall")
    house.parts.settings.archive(ann, other)

    with pytest.raises(RoomNameTaken):
        change(house, ann, room_id, name="ＨＡＬＬ")

    assert house.rooms.get(ann.user_id, room_id).name == "Lobby"


def test_strangers_change_nothing(house: House, ann: Identity, room_id: RoomId) -> None:
    """A public room is not theirs, a private one does not exist, and so for its log."""
    dan = house.signs_up("dan")
    private = house.opens_room(ann, name="Private", visibility="private")

    for room, refused in ((room_id, NotMember), (private, NotFound)):
        with pytest.raises(refused):
            change(house, dan, room, topic="x")
        with pytest.raises(refused):
            house.parts.places.set(dan, room, wire.PlaceRoom(favourite=True))
        with pytest.raises(refused):
            house.parts.audit.of_room(dan, room, wire.AuditQuery())


def test_own_list_is_told_to_oneself_alone(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """Favourites and order take no rev, reach the user's own tabs, and count his changes."""
    second = house.opens_room(ann, name="Second")
    before = house.rooms.get(bob.user_id, room_id)
    house.told.events.clear()

    house.parts.places.set(ann, room_id, wire.PlaceRoom(favourite=True))
    placed = house.parts.places.order(ann, wire.OrderRooms([second, "nowhere", room_id, second]))

    order = {place.room_id: (place.favourite, place.position) for place in placed.places}
    assert order == {second: (False, 0), room_id: (True, 2)}
    assert {to for to, _, _ in house.told.events} == {ann.user_id}
    versions = [
        told.places[0].place_version
        for told in house.told.heard(ann.user_id, "rooms:placed")
        if isinstance(told, wire.RoomsPlaced)
    ]
    assert versions == sorted(set(versions))
    assert house.rooms.get(bob.user_id, room_id) == before
    rooms = {room.id: room for room in house.rooms.visible_to(ann.user_id)}
    assert (rooms[room_id].favourite, rooms[room_id].position) == (True, 2)

    house.parts.places.order(ann, wire.OrderRooms([]))
    assert {room.position for room in house.rooms.visible_to(ann.user_id)} == {None}
