"""Invites: who makes them, how many they let in, and that only the hash is kept."""

import pytest
from sqlalchemy import select

from chat import wire
from chat.errors import Archived, Forbidden, NotFound, NotMember, RateLimited
from chat.ids import RoomId
from chat.rooms.invites import TRIES
from chat.rooms.models import invites
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House, at_once


@pytest.fixture
def room_id(house: House, ann: Identity) -> RoomId:
    """Ann's private room."""
    return house.opens_room(ann, visibility="private")


def makes(house: House, by: Identity, room_id: RoomId, **terms: int) -> str:
    """Return the token of a new invite."""
    return str(house.parts.invites.make(by, room_id, wire.NewInvite(**terms)).token)


def test_invite_lets_into_a_private_room(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """Who follows it is a member and told so; the second time he is one already, for free."""
    token = makes(house, ann, room_id)

    room = house.parts.invites.follow(bob, token)
    house.parts.invites.follow(bob, token)
    house.parts.invites.follow(ann, token)

    assert (room.id, room.role) == (room_id, "member")
    assert house.told.moves.count(("joined", "bob", room_id)) == 1
    (listed,) = house.parts.invites.of_room(ann, room_id).invites
    assert (listed.uses, listed.by.username) == (1, "ann")


def test_invite_for_one_lets_in_exactly_one_however_many_follow_at_once(
    house: House, ann: Identity, room_id: RoomId
) -> None:
    """Eight people at once: one is in, seven are told that it does not work."""
    token = makes(house, ann, room_id, uses=1)
    people = [house.signs_up(f"person{n}") for n in range(8)]

    raised = at_once(*[lambda one=one: house.parts.invites.follow(one, token) for one in people])

    assert [type(one) for one in raised] == [NotFound] * 7
    assert house.rooms.get(ann.user_id, room_id).member_count == 2
    assert house.parts.invites.of_room(ann, room_id).invites == []


def test_token_is_told_once_and_only_its_hash_is_kept(
    house: House, ann: Identity, room_id: RoomId
) -> None:
    """Neither the list, nor the table, nor the log has it."""
    invite = house.parts.invites.make(ann, room_id, wire.NewInvite())
    token = str(invite.token)

    assert invite.url == f"/invite/{token}"
    assert len(token) == 22
    with house.db.reading() as sql:
        assert token not in str(sql.execute(select(invites)).all())
    assert token not in str(house.parts.invites.of_room(ann, room_id))
    assert token not in str(house.parts.audit.of_room(ann, room_id, wire.AuditQuery()))


def test_expired_revoked_and_invented_invites_look_the_same(
    house: House, ann: Identity, bob: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """Each is not found, in the same words; nobody gets in."""
    expired, revoked = makes(house, ann, room_id, expires_in_s=60), makes(house, ann, room_id)
    moved_clock.passes(60)
    (kept,) = house.parts.invites.of_room(ann, room_id).invites
    house.parts.invites.revoke(ann, room_id, kept.id)

    said = set()
    for token in (expired, revoked, "A" * 22, "", "\ud800", "x" * 5000):
        with pytest.raises(NotFound) as refusal:
            house.parts.invites.follow(bob, token)
        said.add(refusal.value.message)
    assert len(said) == 1
    with pytest.raises(NotFound):
        house.parts.invites.revoke(ann, room_id, kept.id)
    assert house.rooms.visible_to(bob.user_id) == []


def test_invites_are_for_those_who_keep_the_room(
    house: House, ann: Identity, bob: Identity, eve: Identity
) -> None:
    """A member makes, lists and revokes none; one of another room's is not found."""
    room_id = house.opens_room(ann, bob)
    other = house.opens_room(eve, name="Eve's")
    invite = house.parts.invites.make(ann, room_id, wire.NewInvite())

    with pytest.raises(Forbidden):
        makes(house, bob, room_id)
    with pytest.raises(Forbidden):
        house.parts.invites.of_room(bob, room_id)
    with pytest.raises(NotMember):
        house.parts.invites.revoke(eve, room_id, invite.id)
    with pytest.raises(NotFound):
        house.parts.invites.revoke(eve, other, invite.id)

    assert [one.id for one in house.parts.invites.of_room(ann, room_id).invites] == [invite.id]


def test_archived_room_lets_nobody_in(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """An invite waits until the room is restored."""
    token = makes(house, ann, room_id)
    house.parts.settings.archive(ann, room_id)
    with pytest.raises(Archived):
        house.parts.invites.follow(bob, token)

    house.parts.settings.restore(ann, room_id)

    assert house.parts.invites.follow(bob, token).role == "member"


def test_guesses_are_slowed_down_and_a_right_one_among_them_too(
    house: House, ann: Identity, bob: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """Beyond the burst even the right token waits; others are not slowed by it."""
    token = makes(house, ann, room_id)
    for n in range(int(TRIES.burst)):
        with pytest.raises(NotFound):
            house.parts.invites.look(bob, f"{n:022}")

    with pytest.raises(RateLimited) as refusal:
        house.parts.invites.follow(bob, token)
    house.parts.invites.look(ann, token)
    moved_clock.passes(refusal.value.retry_after_s or 0)

    assert house.parts.invites.follow(bob, token).id == room_id
