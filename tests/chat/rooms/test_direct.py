"""Direct rooms: the same people have one, and its people change only as docs/ROOMS.md has it."""

import pytest

from chat import wire
from chat.errors import Forbidden, Invalid, NotFound, RoomFull
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.house import House, at_once


def opens(house: House, opener: Identity, *others: Identity) -> wire.Room:
    """Return the direct room of these people as the opener sees it."""
    request = wire.OpenDirect(user_ids=[one.user_id for one in others])
    return house.parts.direct.open(opener, request)[0]


def test_two_people_have_one_room(house: House, ann: Identity, bob: Identity) -> None:
    """Whoever asks, and with himself named or not, it is the same room; each sees the other."""
    room = opens(house, ann, bob)

    assert (room.kind, room.name, room.is_group, room.visibility) == (
        "direct",
        "",
        False,
        "private",
    )
    assert [one.username for one in room.people or []] == ["bob"]
    seen = opens(house, bob, ann, bob)
    assert seen.id == room.id
    assert [one.username for one in seen.people or []] == ["ann"]
    told = {("joined", "ann", room.id), ("joined", "bob", room.id)}
    assert set(house.told.moves) == told


def test_asking_at_the_same_time_is_one_room(house: House, ann: Identity, bob: Identity) -> None:
    """Six requests at once, from both sides, make one room."""
    asks = [lambda: opens(house, ann, bob), lambda: opens(house, bob, ann)] * 3

    assert at_once(*asks) == []

    assert len({room.id for room in house.rooms.visible_to(ann.user_id)}) == 1
    assert len(house.told.moves) == 2


def test_room_of_two_never_changes_its_people(
    house: House, ann: Identity, bob: Identity, eve: Identity
) -> None:
    """Nobody is added, nobody leaves, and to Eve it does not exist."""
    room_id = RoomId(opens(house, ann, bob).id)

    with pytest.raises(Forbidden):
        house.rooms.add_member(ann, room_id, "eve")
    with pytest.raises(Forbidden):
        house.rooms.leave(bob, room_id)
    with pytest.raises(NotFound):
        house.rooms.join(eve, room_id)

    assert house.rooms.get(ann.user_id, room_id).member_count == 2


def test_group_is_found_by_who_is_in_it_now(
    house: House, ann: Identity, bob: Identity, eve: Identity
) -> None:
    """Adding and leaving move the key; a set that has a room keeps it."""
    dan = house.signs_up("dan")
    three = RoomId(opens(house, ann, bob, eve).id)
    house.rooms.add_member(bob, three, "dan")
    assert opens(house, dan, ann, bob, eve).id == three

    other = RoomId(opens(house, ann, bob, eve).id)
    assert other != three
    house.rooms.leave(dan, three)

    assert opens(house, eve, ann, bob).id == other
    assert opens(house, ann, bob, eve, dan).id not in {three, other}


def test_group_of_two_is_not_the_room_of_these_two(
    house: House, ann: Identity, bob: Identity, eve: Identity
) -> None:
    """What was said among three is not where two write to each other."""
    group = RoomId(opens(house, ann, bob, eve).id)
    house.rooms.leave(eve, group)

    pair = opens(house, ann, bob)

    assert pair.id != group
    assert pair.is_group is False


def test_group_holds_twenty(house: House, ann: Identity) -> None:
    """The twenty-first is refused, when it is opened and when somebody is added."""
    people = [house.signs_up(f"person{n}") for n in range(20)]
    with pytest.raises(RoomFull):
        opens(house, ann, *people)
    room_id = RoomId(opens(house, ann, *people[:19]).id)

    with pytest.raises(RoomFull):
        house.rooms.add_member(ann, room_id, people[19].username)
    house.rooms.add_member(ann, room_id, people[0].username)

    assert house.rooms.get(ann.user_id, room_id).member_count == 20


@pytest.mark.parametrize("user_ids", [["nobody"], ["ann"], ["bob", "nobody"]])
def test_nobody_is_no_company(
    house: House, ann: Identity, bob: Identity, user_ids: list[str]
) -> None:
    """Unknown people, and oneself alone, are refused with the field; no room is left behind."""
    ids = {"ann": ann.user_id, "bob": bob.user_id}
    request = wire.OpenDirect(user_ids=[ids.get(name, name) for name in user_ids])

    with pytest.raises((NotFound, Invalid)) as refusal:
        house.parts.direct.open(ann, request)

    assert refusal.value.field == "user_ids"
    assert house.rooms.visible_to(ann.user_id) == []


def test_direct_room_has_nobody_who_keeps_it(
    house: House, ann: Identity, bob: Identity, eve: Identity
) -> None:
    """No settings, roles, mutes, bans, invites or log: forbidden to each of its people."""
    room_id = RoomId(opens(house, ann, bob, eve).id)
    parts, user = house.parts, bob.user_id
    for refused in (
        lambda: parts.settings.change(ann, room_id, wire.ChangeRoom(topic="x")),
        lambda: parts.settings.archive(ann, room_id),
        lambda: parts.moderation.set_role(ann, room_id, user, "owner"),
        lambda: parts.moderation.set_role(ann, room_id, ann.user_id, "read_only"),
        lambda: parts.moderation.kick(ann, room_id, user, ""),
        lambda: parts.moderation.mute(ann, room_id, wire.MuteMember(user, 60)),
        lambda: parts.bans.ban(ann, room_id, wire.BanUser(user)),
        lambda: parts.invites.make(ann, room_id, wire.NewInvite()),
        lambda: parts.audit.of_room(ann, room_id, wire.AuditQuery()),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert house.told.events == []
