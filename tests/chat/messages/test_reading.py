"""Reading: what is unread is counted, own tabs are told of every move, others only what is let."""

from collections.abc import Callable

import pytest

from chat import wire
from chat.errors import Invalid, NotFound, NotMember, RateLimited
from chat.ids import RoomId
from chat.messages.counts import UNREAD_MAX
from chat.messages.models import messages
from chat.messages.reading import RECEIPTS_MEMBERS_MAX, TYPING_OF_USER
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House


@pytest.fixture
def hall(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of Ann's in which Bob is a member."""
    return house.opens_room(ann, bob, name="Hall")


def reads(
    house: House, reader: Identity, room_id: RoomId, seq: int, thread_id: str | None = None
) -> wire.RoomRead:
    """Return what the reader's tabs are told after he has read up to seq."""
    asked = wire.MessageRead(room_id=room_id, seq=seq, thread_id=thread_id)
    return house.reading.read(reader, asked)


def room_of(house: House, reader: Identity, room_id: RoomId) -> tuple[int, int, int | None]:
    """Return what the list of rooms says: unread, mentions, read up to."""
    room = house.rooms.get(reader.user_id, room_id)
    assert isinstance(room.unread, int)
    assert isinstance(room.mentions, int)
    return room.unread, room.mentions, room.read_seq


def test_unread_are_the_messages_of_others_after_the_place_read(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Own, deleted and answering messages are not unread in the room; mentions are counted."""
    first = house.posts(ann, hall, "one")
    house.posts(ann, hall, "@bob two")
    house.posts(bob, hall, "mine")
    house.posts(ann, hall, "answer @bob", thread_id=first.id)
    gone = house.posts(ann, hall, "@bob gone")
    house.changes.delete(ann, gone.id)

    assert room_of(house, bob, hall) == (2, 1, 0)
    told = reads(house, bob, hall, 1)
    assert (told.unread, told.mentions, told.seq) == (1, 1, 1)
    last = house.messages.history(bob, hall, wire.HistoryQuery())
    assert (told.last_seq, told.rev) == (5, last.rev)
    assert room_of(house, bob, hall) == (1, 1, 1)
    assert reads(house, bob, hall, 99).seq == 5
    assert room_of(house, bob, hall) == (0, 0, 5)


def test_reading_only_goes_forward_and_marking_goes_back(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """A late read changes nothing; "unread from here" does, and its version is newer."""
    for n in range(4):
        house.posts(ann, hall, f"m{n}")
    read = reads(house, bob, hall, 4)
    late = reads(house, bob, hall, 2)
    marked = house.reading.mark_unread(bob, wire.MessageUnread(room_id=hall, seq=3))

    assert (late.seq, late.version) == (read.seq, read.version) == (4, 1)
    assert (marked.seq, marked.unread, marked.version) == (2, 2, 2)
    assert house.told.heard(bob.user_id, "room:read") == [read, late, marked]
    assert house.told.heard(ann.user_id, "room:read") == []


def test_counting_ends_at_a_thousand(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """A year away costs no more than a day."""
    house.posts(ann, hall, "first")
    row = {
        "room_id": hall, "author_id": ann.user_id, "body": "x", "html": "x", "renderer": "md1",
        "at_ms": 1, "rev": 1, "body_rev": 1,
    }  # fmt: skip
    with house.db.transaction() as sql:
        for n in range(2, UNREAD_MAX + 10):
            more = {"id": f"m{n}", "seq": n, "client_id": f"c{n}"}
            sql.execute(messages.insert().values({**row, **more}))
    assert room_of(house, bob, hall)[0] == UNREAD_MAX
    house.told.events.clear()  # these were told to nobody


def test_receipt_is_told_to_members_when_the_reader_lets_them(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Members see how far he has read; with the setting off they see nothing, nor what was told."""
    house.posts(ann, hall, "one")
    house.posts(ann, hall, "two")
    reads(house, bob, hall, 1)
    receipt = wire.Receipt(room_id=hall, user_id=bob.user_id, seq=1)

    assert house.told.heard(hall, "receipt:read") == [receipt]
    assert house.reading.receipts(ann, hall).receipts == [receipt]
    assert house.reading.receipts(bob, hall).receipts == []

    house.reading.change_settings(bob, wire.ReadingChange(receipts=False))
    reads(house, bob, hall, 2)
    assert house.reading.settings(bob).receipts is False
    assert house.told.heard(hall, "receipt:read") == [receipt]
    assert house.reading.receipts(ann, hall).receipts == []


def test_who_is_invisible_leaves_no_trace_of_reading_or_typing(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Others are told nothing, live or later; his own tabs are."""
    house.posts(ann, hall, "one")
    house.hidden.add(bob.user_id)
    told = len(house.told.heard(hall, "receipt:read", "typing:now"))

    reads(house, bob, hall, 1)
    typing = wire.MessageTyping(room_id=hall, typing=True)
    house.reading.typing(bob, {hall}, typing)

    assert len(house.told.heard(hall, "receipt:read", "typing:now")) == told
    assert house.reading.receipts(ann, hall).receipts == []
    assert len(house.told.heard(bob.user_id, "room:read")) == 1


def test_large_rooms_have_no_receipts(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """N readers would be N times N events."""
    house.posts(ann, hall, "one")
    for n in range(RECEIPTS_MEMBERS_MAX - 1):
        house.rooms.join(house.signs_up(f"member{n}"), hall)

    reads(house, bob, hall, 1)

    assert house.told.heard(hall, "receipt:read") == []
    assert house.reading.receipts(ann, hall).receipts == []


def test_receipt_of_who_left_is_not_shown(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Only members are told of."""
    house.posts(ann, hall, "one")
    reads(house, bob, hall, 1)
    house.rooms.leave(bob, hall)
    assert house.reading.receipts(ann, hall).receipts == []


def test_typing_is_told_and_not_stored(
    house: House, bob: Identity, hall: RoomId, lobby: RoomId
) -> None:
    """The room hears it; another room than one's own does not exist; too often is refused."""
    typing = wire.MessageTyping(room_id=hall, typing=True)
    house.reading.typing(bob, {hall}, typing)

    assert house.told.heard(hall, "typing:now") == [
        wire.Typing(room_id=hall, user_id=bob.user_id, typing=True)
    ]
    with pytest.raises(NotFound):
        house.reading.typing(bob, {hall}, wire.MessageTyping(room_id=lobby, typing=True))
    for _ in range(int(TYPING_OF_USER.burst) - 1):
        house.reading.typing(bob, {hall}, typing)
    with pytest.raises(RateLimited):
        house.reading.typing(bob, {hall}, typing)


def test_thread_is_followed_by_who_wrote_in_it_and_who_was_named(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """Its author, those who answer and those named follow it, each with his own unread."""
    eve, zoe = house.signs_up("eve"), house.signs_up("zoe")
    for one in (eve, zoe):
        house.rooms.join(one, hall)
    root = house.posts(ann, hall, "question")
    house.posts(bob, hall, "answer for @eve", thread_id=root.id)
    last = house.posts(bob, hall, "and one more", thread_id=root.id)

    def followed(reader: Identity) -> list[tuple[int, int, int]]:
        threads = house.reading.threads(reader).threads
        return [(one.last_seq, one.unread, one.mentions) for one in threads]

    assert followed(ann) == [(last.seq, 2, 0)]
    assert followed(bob) == [(last.seq, 0, 0)]
    assert followed(eve) == [(last.seq, 2, 1)]
    assert followed(zoe) == []

    read = reads(house, eve, hall, last.seq - 1, thread_id=root.id)
    assert (read.unread, read.mentions, read.thread_id) == (1, 0, root.id)
    assert followed(eve) == [(last.seq, 1, 0)]
    assert reads(house, eve, hall, 1, thread_id=root.id).seq == last.seq - 1
    house.rooms.leave(eve, hall)
    assert followed(eve) == []


def test_reading_what_is_not_ones_own_is_refused(
    house: House, ann: Identity, hall: RoomId, lobby: RoomId
) -> None:
    """Foreign rooms, threads of other rooms."""
    eve = house.signs_up("eve")
    root = house.posts(ann, hall, "question")
    acts: list[Callable[[], object]] = [
        lambda: reads(house, eve, hall, 1),
        lambda: house.reading.mark_unread(eve, wire.MessageUnread(room_id=hall, seq=1)),
        lambda: house.reading.receipts(eve, hall),
        lambda: reads(house, eve, hall, 1, thread_id=root.id),
    ]
    for act in acts:
        with pytest.raises(NotMember):
            act()
    with pytest.raises(Invalid):
        reads(house, ann, lobby, 1, thread_id=root.id)
