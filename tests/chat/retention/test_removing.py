"""What a rule removes, what it leaves, and what everybody is shown of it; on both databases."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from chat import wire
from chat.errors import ChatError, ClientIdUsed, Forbidden, Invalid, NotFound
from chat.ids import RoomId, UserId
from chat.messages.models import (
    drafts,
    mentions,
    message_edits,
    messages,
    reactions,
    saved,
    thread_reads,
)
from chat.rooms.models import rooms
from chat.search.models import message_words
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.chat.retention.conftest import DAY_S
from tests.support.snapshots import followed

ALL = wire.HistoryQuery()


def said(house: House, reader: Identity, room_id: RoomId) -> list[str]:
    """Return what the room's newest page says."""
    return [one.body for one in house.messages.history(reader, room_id, ALL).messages]


def rows_in(house: House, *tables: Any) -> list[int]:
    """Return how many rows each table has."""
    with house.db.reading() as sql:
        return [sql.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def test_rule_removes_what_is_older_and_tells_it_once(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """A member who had loaded the room shows what a fresh load gives; one rev a removal."""
    for n in range(5):
        house.posts(ann, lobby, f"day {n}")
        moved_clock.passes(10 * DAY_S)
    with followed(house.watched(lobby)):
        house.keeps(ann, lobby, 30)
        assert house.retains().remove_due() == 2

    room = house.rooms.get(ann.user_id, lobby)
    assert (room.keep_days, room.first_seq, room.last_seq) == (30, 3, 5)
    assert said(house, ann, lobby) == ["day 2", "day 3", "day 4"]
    assert house.stored_seqs(lobby) == [3, 4, 5]
    told = house.told.heard(lobby, "room:changed")
    assert [one.room.first_seq for one in told if isinstance(one, wire.RoomChanged)] == [1, 3]
    assert house.retains().remove_due() == 0


def test_removal_leaves_nothing_of_a_message(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Texts, older texts, reactions, mentions, pins, saves, threads, drafts and words are gone."""
    root = house.posts(ann, lobby, "hello @bob")
    house.posts(bob, lobby, "an answer", thread_id=root.id)
    house.edits(ann, root, "good morning @bob")
    house.reacts(bob, root, "👍")
    house.pins(ann, root)
    house.kept.save(bob, wire.MessageSave(message_id=root.id, on=True))
    draft = wire.DraftSet(room_id=lobby, thread_id=root.id, body="so", version=1)
    house.kept.set_draft(bob, draft)
    tables = (reactions, message_edits, mentions, saved, thread_reads, drafts, message_words)
    assert min(rows_in(house, messages, *tables)) > 0
    house.keeps(ann, lobby, 10)
    moved_clock.passes(11 * DAY_S)

    assert house.retains().remove_due() == 2

    assert rows_in(house, messages, *tables) == [0] * 8
    assert house.messages.pinned(ann, lobby).messages == []
    assert house.kept.saved(bob, wire.PageQuery()).saved == []
    assert house.reading.threads(bob).threads == []
    assert house.search.search(bob, wire.SearchQuery(q="morning")).hits == []


def test_room_without_messages_left_goes_on_counting(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """An empty reset carries the head, an empty page too; the next message has the next seq."""
    for n in range(3):
        house.posts(ann, lobby, f"message {n}")
    house.keeps(ann, lobby, 7)
    moved_clock.passes(8 * DAY_S)
    assert house.rooms.get(bob.user_id, lobby).unread == 3
    house.retains().remove_due()

    (tail,) = house.messages.since(bob, wire.MessageSince(rooms={lobby: 0})).rooms.values()
    assert (tail.messages, tail.reset, tail.first_seq) == ([], True, 4)
    page = house.messages.history(bob, lobby, wire.RoomHistoryQuery(at_ms=1))
    assert (page.messages, page.has_more, page.first_seq) == ([], False, 4)
    assert house.messages.history(bob, lobby, ALL).first_seq == 4
    assert house.rooms.get(bob.user_id, lobby).unread == 0
    assert house.posts(ann, lobby, "again").seq == 4
    assert house.rooms.get(bob.user_id, lobby).unread == 1


def test_client_behind_the_removal_begins_anew_and_one_at_its_edge_does_not(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """What a client holds below first_seq is no reason to leave a hole."""
    for n in range(6):
        house.posts(ann, lobby, f"message {n + 1}")
        moved_clock.passes(2 * DAY_S)
    house.keeps(ann, lobby, 7)
    house.retains().remove_due()
    assert house.rooms.get(ann.user_id, lobby).first_seq == 4

    def tail_of(seq: int) -> tuple[bool, list[int], object]:
        since = house.messages.since(ann, wire.MessageSince(rooms={lobby: seq}))
        (tail,) = since.rooms.values()
        return tail.reset, [one.seq for one in tail.messages], tail.first_seq

    assert tail_of(2) == (True, [4, 5, 6], 4)
    assert tail_of(3) == (False, [4, 5, 6], 4)
    assert tail_of(5) == (False, [6], 4)


def test_history_ends_at_the_oldest_kept_message(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """No page goes beyond it; a day before is the oldest day, a removed message a clear error."""
    begun_ms = moved_clock.at_ms
    for n in range(6):
        house.posts(ann, lobby, f"message {n + 1}")
        moved_clock.passes(2 * DAY_S)
    house.keeps(ann, lobby, 7)
    house.retains().remove_due()

    def page(**where: int) -> wire.History:
        return house.messages.history(ann, lobby, wire.RoomHistoryQuery(**where, limit=2))

    assert ([one.seq for one in page(before=6).messages], page(before=6).has_more) == (
        [4, 5],
        False,
    )
    assert (page(before=4).messages, page(before=4).has_more) == ([], False)
    assert [one.seq for one in page(after=0).messages] == [4, 5]
    assert (page(at_ms=begun_ms).target_seq, page(at_ms=begun_ms).has_more) == (4, False)
    assert page(around=4).has_more is False
    with pytest.raises(NotFound, match="removed"):
        page(around=3)


def test_unread_and_mentions_never_count_what_was_removed(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Neither in the list of rooms, nor after reading, nor after marking all as unread."""
    house.posts(ann, lobby, "@bob old")
    house.posts(ann, lobby, "old")
    moved_clock.passes(8 * DAY_S)
    house.posts(ann, lobby, "@bob new")
    house.keeps(ann, lobby, 7)
    removing = house.retains()
    removing._cut(lobby)  # nothing is swept yet: what is hidden counts no more

    room = house.rooms.get(bob.user_id, lobby)
    assert (room.unread, room.mentions, room.read_seq) == (1, 1, 2)
    read = house.reading.read(bob, wire.MessageRead(room_id=lobby, seq=1))
    assert (read.seq, read.unread, read.mentions) == (2, 1, 1)
    marked = house.reading.mark_unread(bob, wire.MessageUnread(room_id=lobby, seq=1))
    assert (marked.seq, marked.unread) == (2, 1)
    removing.remove_due()
    assert house.rooms.get(bob.user_id, lobby).unread == 1


def test_unread_answers_never_count_what_was_removed(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Neither in the list of threads, nor after reading one, before a batch was swept."""
    root = house.posts(ann, lobby, "the root").id
    house.posts(bob, lobby, "@ann old", thread_id=root)
    moved_clock.passes(8 * DAY_S)
    house.posts(bob, lobby, "@ann new", thread_id=root)
    house.keeps(ann, lobby, 7)
    house.retains()._cut(lobby)
    assert house.stored_seqs(lobby) == [1, 2, 3]

    (thread,) = house.reading.threads(ann).threads
    assert (thread.read_seq, thread.unread, thread.mentions) == (2, 1, 1)
    asked = wire.MessageRead(room_id=lobby, seq=1, thread_id=root)
    read = house.reading.read(ann, asked)
    assert (read.seq, read.unread, read.mentions) == (2, 1, 1)


def test_message_that_is_hidden_is_reached_by_no_way(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """From the moment the room is cut, before a batch was swept."""
    old = house.posts(ann, lobby, "old words")
    house.pins(ann, old)
    house.kept.save(ann, wire.MessageSave(message_id=old.id, on=True))
    moved_clock.passes(8 * DAY_S)
    house.posts(ann, lobby, "new")
    house.keeps(ann, lobby, 7)
    house.retains()._cut(lobby)
    assert house.stored_seqs(lobby) == [1, 2]

    reach: list[Any] = [
        lambda: house.messages.get(ann, old.id),
        lambda: house.messages.versions(ann, old.id),
        lambda: house.messages.thread(ann, old.id, ALL),
        lambda: house.edits(ann, old, "changed"),
        lambda: house.changes.delete(ann, old.id),
        lambda: house.reacts(ann, old, "👍"),
        lambda: house.pins(ann, old, on=False),
        lambda: house.kept.save(ann, wire.MessageSave(message_id=old.id, on=True)),
    ]
    for one in reach:
        with pytest.raises(NotFound):
            one()
    assert said(house, ann, lobby) == ["new"]
    assert house.messages.pinned(ann, lobby).messages == []
    assert house.kept.saved(ann, wire.PageQuery()).saved == []
    assert house.search.search(ann, wire.SearchQuery(q="words")).hits == []


def test_resend_of_a_removed_message_is_not_posted_again(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """For seven days its client id is known, of its text nothing; then the stub is gone too."""
    first = house.posts(ann, lobby, "only once", client_id="same")
    house.keeps(ann, lobby, 1)
    moved_clock.passes(2 * DAY_S)
    assert house.retains().remove_due() == 1
    with house.db.reading() as sql:
        (row,) = sql.execute(select(messages)).mappings()
    assert (row["body"], row["html"], rows_in(house, message_words)) == ("", "", [0])

    asked = wire.MessagePost(room_id=lobby, client_id="same", body="only once")
    again, is_new = house.messages.post(ann, asked)
    assert (again.id, again.seq, again.body, is_new) == (first.id, 1, "", False)
    assert house.rooms.get(ann.user_id, lobby).last_seq == 1
    assert said(house, ann, lobby) == []
    assert house.retains().remove_due() == 0

    moved_clock.passes(5 * DAY_S)
    assert house.retains().remove_due() == 1
    assert house.count() == 0


def test_root_stays_as_a_stub_while_its_answers_are_kept(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """The answers are read below a stub that says nothing, and go on; then it goes with them."""
    root = house.posts(ann, lobby, "the root")
    other = house.posts(ann, lobby, "another root")
    house.posts(bob, lobby, "of old", thread_id=other.id)
    moved_clock.passes(8 * DAY_S)
    answer = house.posts(bob, lobby, "an answer", thread_id=root.id)
    house.keeps(ann, lobby, 7)

    assert house.retains().remove_due() == 3

    page = house.messages.thread(ann, root.id, ALL)
    assert (page.root.deleted, page.root.body) == (True, "")
    assert [one.body for one in page.messages] == ["an answer"]
    assert house.messages.get(ann, root.id).deleted is True
    with pytest.raises(NotFound):
        house.messages.thread(ann, other.id, ALL)
    house.posts(ann, lobby, "another", thread_id=root.id)
    assert [one.thread_id for one in house.reading.threads(ann).threads] == [root.id]
    with pytest.raises(Invalid):
        house.posts(ann, lobby, "too late", thread_id=other.id)

    moved_clock.passes(8 * DAY_S)
    house.retains().remove_due()
    assert house.count() == 0
    with pytest.raises(NotFound):
        house.messages.get(ann, answer.id)


@pytest.mark.parametrize("rule", [(0, 0, 3), (0, 10, 1), (30, 10, 1), (5, 10, 0), (15, 0, 2)])
def test_room_keeps_for_the_less_of_its_own_days_and_the_servers(
    house: House,
    ann: Identity,
    lobby: RoomId,
    moved_clock: MovedClock,
    rule: tuple[int, int, int],
) -> None:
    """0 is no rule; what the preview says goes is what goes."""
    keep_days, most_days, left = rule
    for n in range(3):
        house.posts(ann, lobby, f"message {n}")
        moved_clock.passes(6 * DAY_S)
    house.keeps(ann, lobby, keep_days)
    retention = house.retains(most_days=most_days)

    preview = retention.preview(ann, lobby, wire.RemovalQuery(keep_days=keep_days))
    assert preview.messages == retention.remove_due() == 3 - left
    assert len(said(house, ann, lobby)) == left


def test_direct_rooms_have_the_servers_rule_alone(
    house: House, ann: Identity, bob: Identity, moved_clock: MovedClock
) -> None:
    """Nobody keeps a direct room; what the server says holds there too."""
    room, _ = house.parts.direct.open(ann, wire.OpenDirect(user_ids=[bob.user_id]))
    room_id = RoomId(room.id)
    house.posts(ann, room_id, "between us")
    moved_clock.passes(8 * DAY_S)
    with pytest.raises(ChatError):
        house.keeps(ann, room_id, 7)

    assert house.retains(most_days=7).remove_due() == 1


def test_room_that_is_being_imported_is_left_alone(
    house: House, ann: Identity, moved_clock: MovedClock
) -> None:
    """An archived room without members is not whole yet; its file is checked against its seqs."""
    room_id = house.opens_room(ann, name="Half")
    house.posts(ann, room_id, "old")
    moved_clock.passes(8 * DAY_S)
    house.parts.settings.archive(ann, room_id)
    house.rooms.leave(ann, room_id)
    assert house.retains(most_days=7).remove_due() == 0

    house.parts.settings.restore(_admin(ann), room_id)
    assert house.retains(most_days=7).remove_due() == 1


def test_room_whose_times_go_back_loses_nothing_young(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """A file may hold any times: an old message after a young one waits until that is old."""
    moved_clock.passes(20 * DAY_S)
    house.posts(ann, lobby, "young")
    moved_clock.passes(-15 * DAY_S)
    house.posts(ann, lobby, "old")
    moved_clock.passes(15 * DAY_S)
    house.keeps(ann, lobby, 7)
    assert house.retains().remove_due() == 0

    moved_clock.passes(8 * DAY_S)
    assert house.retains().remove_due() == 2


def test_rule_that_is_lifted_in_time_removes_nothing(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """What the rule is, is asked again in the transaction that cuts the room."""
    house.posts(ann, lobby, "old")
    moved_clock.passes(8 * DAY_S)
    house.keeps(ann, lobby, 7)
    removing = house.retains()._removing
    first_seq, days = removing.first_kept(lobby, lambda: True)
    house.keeps(ann, lobby, 0)

    assert (first_seq, days) == (2, 7)
    assert removing.cut(lobby, first_seq, days) is None
    assert said(house, ann, lobby) == ["old"]


def test_client_id_of_a_removed_message_is_nobody_elses(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Another author's same id is another message; the author's own says nothing new."""
    house.posts(ann, lobby, "hers", client_id="same")
    house.keeps(ann, lobby, 1)
    moved_clock.passes(2 * DAY_S)
    house.retains().remove_due()

    assert house.posts(bob, lobby, "his", client_id="same").seq == 2
    with pytest.raises(ClientIdUsed):
        house.posts(bob, lobby, "another", client_id="same")


def test_row_as_the_version_before_wrote_it_is_a_room_that_keeps_all(
    house: House, ann: Identity, moved_clock: MovedClock
) -> None:
    """A worker of before makes rooms and messages without knowing of retention."""
    names = {"kind": "room", "name": "Old", "name_key": "old", "visibility": "public", "topic": ""}
    row = {"id": "old-room", **names, "created_by": ann.user_id, "created_at_ms": 1}
    with house.db.transaction() as sql:
        sql.execute(insert(rooms).values(row))
    room_id = RoomId("old-room")
    house.rooms.join(ann, room_id)
    house.posts(ann, room_id, "kept")
    moved_clock.passes(1000 * DAY_S)

    assert house.retains().remove_due() == 0
    room = house.rooms.get(UserId(ann.user_id), room_id)
    assert (room.keep_days, room.first_seq) == (0, 1)


LIFE = st.lists(
    st.sampled_from(["post", "post", "post", "answer", "edit", "react", "delete", "day", "remove"]),
    max_size=30,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIFE)
def test_whatever_happens_between_removals_old_and_events_are_new(
    *, life: list[str], house: House, ann: Identity, moved_clock: MovedClock
) -> None:
    """Seqs stay without holes from first_seq on, and everybody who heard of it shows the same."""
    room_id = house.opens_room(ann, name=f"Room {house.count()}-{moved_clock.at_ms}")
    house.keeps(ann, room_id, 3)
    retention = house.retains()
    for act in life:
        moved_clock.passes(1)
        shown = house.messages.history(ann, room_id, ALL).messages
        if act == "day":
            moved_clock.passes(DAY_S)
        elif act == "remove":
            retention.remove_due()
        elif act == "post" or not shown:
            house.posts(ann, room_id, f"at {moved_clock.at_ms}")
        else:
            _does(house, ann, act, shown[len(life) % len(shown)])
    retention.remove_due()

    room = house.rooms.get(ann.user_id, room_id)
    kept = [
        one.seq
        for one in house.messages.history(ann, room_id, wire.HistoryQuery(limit=200)).messages
    ]
    assert kept == list(range(room.first_seq, room.last_seq + 1))
    house.assert_all_followed()
    moved_clock.passes(20 * DAY_S)  # the next example's room is another one
    house.told.events.clear()


def _does(house: House, user: Identity, act: str, message: wire.Message) -> None:
    if message.deleted or message.thread_id:
        return
    if act == "answer":
        house.posts(user, RoomId(message.room_id), "an answer", thread_id=message.id)
    elif act == "edit":
        with contextlib.suppress(Forbidden):  # after an hour
            house.edits(user, message, f"{message.body} edited")
    elif act == "react":
        house.reacts(user, message, "👍")
    else:
        house.changes.delete(user, message.id)


def _admin(user: Identity) -> Identity:
    return Identity(user.user_id, user.username, user.display_name, user.session_id, "admin")
