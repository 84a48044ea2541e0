"""Rooms: who sees which, who may come in, and that a room with members has an owner."""

from collections.abc import Callable

import pytest

from chat import wire
from chat.db import Database
from chat.errors import Invalid, NotFound, NotMember, RateLimited, RoomNameTaken
from chat.ids import RoomId
from chat.rooms.service import JOINS_OF_USER
from tests.chat.conftest import MovedClock
from tests.chat.house import House, at_once

NOWHERE = RoomId("nowhere")


@pytest.fixture
def house(db: Database, moved_clock: MovedClock) -> House:
    """Rooms and messages on a fresh database."""
    return House(db, moved_clock)


def test_creator_is_owner_and_member(house: House) -> None:
    """A new room has its creator in it, nothing said, and its live connections know."""
    ann = house.signs_up("ann")

    room = house.rooms.create(
        ann, wire.CreateRoom(name="  The  Lobby ", visibility="public", topic="Hi")
    )

    assert (room.name, room.topic, room.visibility) == ("The Lobby", "Hi", "public")
    assert (room.last_seq, room.role, room.is_member, room.member_count) == (0, "owner", True, 1)
    assert house.told.moves == [("joined", "ann", room.id)]


@pytest.mark.parametrize("name", ["lobby", "LOBBY", "Ｌｏｂｂｙ", " Lobby "])
def test_name_that_reads_the_same_is_taken(house: House, name: str) -> None:
    """Two rooms never have names that a reader would call the same, private ones included."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    house.opens_room(ann, visibility="private")

    with pytest.raises(RoomNameTaken):
        house.rooms.create(bob, wire.CreateRoom(name=name, visibility="public"))

    assert house.rooms.visible_to(bob.user_id) == []


@pytest.mark.parametrize(
    "request_", [
        wire.CreateRoom(name="", visibility="public"),
        wire.CreateRoom(name="a\u202eb", visibility="public"),
        wire.CreateRoom(name="\ufdfa" * 80, visibility="public"),
        wire.CreateRoom(name="ok", visibility="public", topic="a\x00"),
        wire.CreateRoom(name="ok", visibility="public", topic="x" * 251),
    ],
)  # fmt: skip
def test_room_that_cannot_be_read_is_refused(house: House, request_: wire.CreateRoom) -> None:
    """A name or topic that cannot be shown is invalid, and no room is left behind."""
    ann = house.signs_up("ann")

    with pytest.raises(Invalid):
        house.rooms.create(ann, request_)

    assert house.rooms.visible_to(ann.user_id) == []
    assert house.told.moves == []


def test_who_joins_and_leaves_without_a_pause_must_wait(
    house: House, moved_clock: MovedClock
) -> None:
    """Every member is told of each join: a hundred at once, then one a second."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    room = house.opens_room(ann)
    for _ in range(int(JOINS_OF_USER.burst)):
        house.rooms.join(bob, room)

    with pytest.raises(RateLimited) as refused:
        house.rooms.join(bob, room)

    assert refused.value.retry_after_s == 1
    moved_clock.passes(1)
    house.rooms.join(bob, room)


def test_public_rooms_are_listed_to_all_and_private_ones_to_members(house: House) -> None:
    """Everybody sees public rooms with their own place in them; private ones do not exist."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    public = house.opens_room(ann, name="Public")
    private = house.opens_room(ann, name="Private", visibility="private")

    assert {room.id: room.role for room in house.rooms.visible_to(ann.user_id)} == {
        public: "owner",
        private: "owner",
    }
    (seen,) = house.rooms.visible_to(bob.user_id)
    assert (seen.id, seen.is_member, seen.role, seen.read_seq) == (public, False, None, None)


def test_joining_a_public_room_twice_is_one_membership(house: House) -> None:
    """Joining is idempotent: told once, counted once."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    room_id = house.opens_room(ann)
    house.told.moves.clear()

    house.rooms.join(bob, room_id)
    room = house.rooms.join(bob, room_id)

    assert (room.role, room.member_count) == ("member", 2)
    assert house.told.moves == [("joined", "bob", room_id)]


def test_joining_at_the_same_time_is_one_membership(house: House) -> None:
    """Two tabs that join at once get the room, not an error."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    room_id = house.opens_room(ann)

    raised = at_once(*[lambda: house.rooms.join(bob, room_id)] * 6)

    assert raised == []
    assert house.rooms.get(bob.user_id, room_id).member_count == 2
    assert house.told.moves.count(("joined", "bob", room_id)) == 1


@pytest.mark.parametrize("act", ["join", "leave", "add", "read", "get", "members"])
def test_private_room_does_not_exist_for_others(house: House, act: str) -> None:
    """Whatever a stranger tries with a private room's id, it is not found, as an invented id is."""
    ann, eve = house.signs_up("ann"), house.signs_up("eve")
    private = house.opens_room(ann, visibility="private")
    acts: dict[str, Callable[[RoomId], object]] = {
        "join": lambda room_id: house.rooms.join(eve, room_id),
        "leave": lambda room_id: house.rooms.leave(eve, room_id),
        "add": lambda room_id: house.rooms.add_member(eve, room_id, "eve"),
        "read": lambda room_id: house.reading.read(eve, wire.MessageRead(room_id=room_id, seq=1)),
        "get": lambda room_id: house.rooms.get(eve.user_id, room_id),
        "members": lambda room_id: house.memberships.members(eve.user_id, room_id),
    }

    for room_id in (private, NOWHERE):
        with pytest.raises(NotFound):
            acts[act](room_id)


@pytest.mark.parametrize("act", ["leave", "add", "read", "members"])
def test_public_room_is_closed_to_those_who_have_not_joined(house: House, act: str) -> None:
    """A listed room can be joined; nothing else can be done with it before."""
    ann, eve = house.signs_up("ann"), house.signs_up("eve")
    room_id = house.opens_room(ann)
    acts: dict[str, Callable[[], object]] = {
        "leave": lambda: house.rooms.leave(eve, room_id),
        "add": lambda: house.rooms.add_member(eve, room_id, "ann"),
        "read": lambda: house.reading.read(eve, wire.MessageRead(room_id=room_id, seq=1)),
        "members": lambda: house.memberships.members(eve.user_id, room_id),
    }

    with pytest.raises(NotMember):
        acts[act]()


def test_member_adds_somebody_to_a_private_room(house: House) -> None:
    """Any member may add a user by name, however it is written; adding again changes nothing."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    room_id = house.opens_room(ann, visibility="private")

    room = house.rooms.add_member(ann, room_id, "BOB")
    house.rooms.add_member(ann, room_id, "bob")

    assert (room.role, room.member_count) == ("owner", 2)
    assert house.rooms.get(bob.user_id, room_id).role == "member"
    assert house.told.moves.count(("joined", "bob", room_id)) == 1


@pytest.mark.parametrize("username", ["nobody", "a" * 64, "\u0416"])
def test_adding_nobody_is_not_found_with_its_field(house: House, username: str) -> None:
    """An unknown name is not found, and the field says that it is not the room."""
    ann = house.signs_up("ann")
    room_id = house.opens_room(ann)

    with pytest.raises(NotFound) as refusal:
        house.rooms.add_member(ann, room_id, username)

    assert refusal.value.field == "username"


@pytest.mark.parametrize("username", ["", "a\x00", "\ud800", "x" * 200])
def test_adding_an_impossible_name_is_invalid(house: House, username: str) -> None:
    """A name that nobody can have is refused before SQL is asked for it."""
    ann = house.signs_up("ann")
    room_id = house.opens_room(ann)

    with pytest.raises(Invalid):
        house.rooms.add_member(ann, room_id, username)


def test_owner_who_leaves_hands_the_room_to_the_oldest_member(
    house: House, moved_clock: MovedClock
) -> None:
    """A room with members is never without an owner; an empty one belongs to who comes first."""
    ann, bob, carol = (house.signs_up(name) for name in ("ann", "bob", "carol"))
    room_id = house.opens_room(ann)
    for member in (carol, bob):
        moved_clock.passes(1)
        house.rooms.join(member, room_id)

    house.rooms.leave(ann, room_id)
    assert house.rooms.get(carol.user_id, room_id).role == "owner"
    assert house.rooms.get(bob.user_id, room_id).role == "member"

    house.rooms.leave(bob, room_id)
    house.rooms.leave(carol, room_id)
    assert house.rooms.join(bob, room_id).role == "owner"


def test_reading_goes_forward_and_never_beyond_the_last(house: House) -> None:
    """What was read stays read, and nobody has read what was not said."""
    ann = house.signs_up("ann")
    room_id = house.opens_room(ann)
    for n in range(3):
        house.posts(ann, room_id, f"message {n}")

    places = [
        house.reading.read(ann, wire.MessageRead(room_id=room_id, seq=seq)).seq
        for seq in (2, 1, 2**53 - 1)
    ]
    assert places == [2, 2, 3]
    assert house.rooms.get(ann.user_id, room_id).read_seq == 3


def test_seen_people_are_those_who_share_a_room(house: House) -> None:
    """A viewer sees himself and his fellow members, nobody else."""
    ann, bob, eve = (house.signs_up(name) for name in ("ann", "bob", "eve"))
    house.opens_room(ann, bob, name="One")
    house.opens_room(eve, name="Two")

    def seen_by(viewer: str) -> list[str]:
        of = {"ann": ann, "bob": bob, "eve": eve}[viewer]
        seen = house.memberships.seen_people(of.user_id)
        return sorted(person.username for person in house.memberships.people(seen))

    assert seen_by("ann") == ["ann", "bob"]
    assert seen_by("eve") == ["eve"]
    assert house.memberships.seen_person(ann.user_id, bob.user_id).username == "bob"
    with pytest.raises(NotFound):
        house.memberships.seen_person(ann.user_id, eve.user_id)


def test_heads_and_rooms_are_read_for_many_at_once(house: House) -> None:
    """Heads name the newest seq of each room asked for; users without rooms have none."""
    ann, bob = house.signs_up("ann"), house.signs_up("bob")
    one, two = house.opens_room(ann, name="One"), house.opens_room(ann, name="Two")
    house.posts(ann, two, "hello")

    assert house.memberships.heads_for(ann.user_id) == {one: (0, 0, 1), two: (1, 1, 1)}
    assert house.memberships.heads([one, two, NOWHERE]) == {one: (0, 0, 1), two: (1, 1, 1)}
    assert house.memberships.rooms_of([ann.user_id, bob.user_id]) == {
        ann.user_id: {one, two},
        bob.user_id: frozenset(),
    }
    many = [RoomId(f"room{n}") for n in range(1200)]
    assert house.memberships.heads([*many, two]) == {two: (1, 1, 1)}
