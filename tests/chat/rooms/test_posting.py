"""What keeps a member from posting, asked in the post's own transaction and at no extra cost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from chat import wire
from chat.errors import Archived, ChatError, Muted, ReadOnly, SlowMode
from chat.ids import RoomId
from chat.rooms.roles import READ_ONLY
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House, at_once


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Yield the SQL statements that run meanwhile, BEGIN and COMMIT left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "SELECT 1 FROM sqlite_schema")):
            seen.append(" ".join(statement.split()[:2]))

    event.listen(house.db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(house.db.engine, "before_cursor_execute", note)


def slow(house: House, owner: Identity, room_id: RoomId, seconds: int) -> None:
    """The room is in slow mode."""
    house.parts.settings.change(owner, room_id, wire.ChangeRoom(slow_mode_s=seconds))


def test_plain_post_costs_one_statement_for_the_room_and_two_for_the_message(
    house: House, ann: Identity, bob: Identity
) -> None:
    """Roles, mutes, archive and slow mode are part of the statement that takes the seq; then come
    the message and its words."""
    room_id = house.opens_room(ann, bob)

    with statements(house) as plain:
        house.posts(bob, room_id, "hi")
    slow(house, ann, room_id, 5)
    with statements(house) as slowed:
        house.posts(bob, room_id, "hi")

    assert plain == ["UPDATE rooms", "INSERT INTO", "INSERT INTO"]
    assert slowed == ["UPDATE rooms", "UPDATE memberships", "INSERT INTO", "INSERT INTO"]


def test_slow_mode_lets_each_member_post_once_in_a_while(
    house: House, ann: Identity, bob: Identity, eve: Identity, moved_clock: MovedClock
) -> None:
    """Each waits for himself; the wait is told and is exact; owners do not wait."""
    room_id = house.opens_room(ann, bob, eve)
    slow(house, ann, room_id, 10)
    house.posts(bob, room_id, "one")

    moved_clock.at_ms += 9_999
    with pytest.raises(SlowMode) as refusal:
        house.posts(bob, room_id, "too early")
    assert (refusal.value.retry_after_s, refusal.value.temporary) == (1, True)
    house.posts(eve, room_id, "mine")
    for n in range(3):
        house.posts(ann, room_id, f"owner {n}")
    moved_clock.at_ms += 1
    house.posts(bob, room_id, "two")

    assert house.stored_seqs(room_id) == [1, 2, 3, 4, 5, 6]


def test_slow_mode_holds_for_posts_at_once(house: House, ann: Identity, bob: Identity) -> None:
    """Six tabs at once get one message through, and no seq is lost by the other five."""
    room_id = house.opens_room(ann, bob)
    slow(house, ann, room_id, 60)

    raised = at_once(*[lambda n=n: house.posts(bob, room_id, f"post {n}") for n in range(6)])

    assert [type(one) for one in raised] == [SlowMode] * 5
    assert house.stored_seqs(room_id) == [1]
    assert house.rooms.get(ann.user_id, room_id).last_seq == 1


def test_archived_room_is_read_and_nothing_else(house: House, ann: Identity, bob: Identity) -> None:
    """Left out of the list unless asked for; posts refused, also to its owner; then restored."""
    room_id = house.opens_room(ann, bob)
    house.posts(ann, room_id, "last words")

    room = house.parts.settings.archive(ann, room_id)
    again = house.parts.settings.archive(ann, room_id)

    assert (room.is_archived, again.rev) == (True, room.rev)
    assert house.rooms.visible_to(ann.user_id) == []
    assert [one.id for one in house.rooms.visible_to(ann.user_id, archived=True)] == [room_id]
    for refused in (
        lambda: house.posts(ann, room_id, "hi"),
        lambda: house.parts.settings.change(ann, room_id, wire.ChangeRoom(topic="x")),
        lambda: house.rooms.add_member(ann, room_id, "bob2"),
        lambda: house.rooms.join(house.signs_up("dan"), room_id),
    ):
        with pytest.raises(Archived):
            refused()
    house.rooms.leave(bob, room_id)
    house.parts.settings.restore(ann, room_id)
    house.posts(ann, room_id, "back")
    assert house.stored_seqs(room_id) == [1, 2]


def silence(
    house: House, owner: Identity, room_id: RoomId, who: Identity, how: type[ChatError]
) -> None:
    """The member may not post in the room now, for that reason."""
    parts, user_id = house.parts, who.user_id
    acts: dict[type[ChatError], Callable[[], object]] = {
        Archived: lambda: parts.settings.archive(owner, room_id),
        Muted: lambda: parts.moderation.mute(owner, room_id, wire.MuteMember(user_id, 60)),
        SlowMode: lambda: slow(house, owner, room_id, 60),
        ReadOnly: lambda: parts.moderation.set_role(owner, room_id, user_id, READ_ONLY),
    }
    acts[how]()


@pytest.mark.parametrize("refusal", [Archived, Muted, SlowMode, ReadOnly])
def test_message_whose_ack_was_lost_is_given_again_though_its_author_may_not_post_any_more(
    house: House, ann: Identity, bob: Identity, refusal: type[ChatError]
) -> None:
    """It was posted: its client id gives it again; another one is refused, and nothing is taken."""
    room_id = house.opens_room(ann, bob)
    if refusal is SlowMode:
        slow(house, ann, room_id, 60)
    first = house.posts(bob, room_id, "hi", client_id="lost")
    silence(house, ann, room_id, bob, refusal)
    before = house.rooms.get(bob.user_id, room_id)

    again = house.messages.post(bob, wire.MessagePost(room_id, "lost", "hi"))

    assert again == (first, False)
    with pytest.raises(refusal):
        house.posts(bob, room_id, "another")
    assert house.rooms.get(bob.user_id, room_id) == before
    assert house.told.messages == [first]


def test_refused_post_takes_neither_seq_nor_rev(house: House, ann: Identity, bob: Identity) -> None:
    """A room in which somebody is muted has no holes."""
    room_id = house.opens_room(ann, bob)
    house.parts.settings.archive(ann, room_id)
    before = house.rooms.get(ann.user_id, room_id)

    with pytest.raises(Archived):
        house.posts(bob, room_id, "hi")

    assert house.rooms.get(ann.user_id, room_id) == before
