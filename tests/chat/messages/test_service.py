"""Messages: gapless seqs, one message for each client id, and what a client lacks."""

import itertools
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from sqlalchemy import event

from chat import wire
from chat.errors import ClientIdUsed, Invalid, NotFound, NotMember, RateLimited
from chat.ids import RoomId
from chat.messages.pages import RESET_PAGE, SINCE_BYTES, size_of, told_in
from chat.messages.posting import POSTS_OF_USER
from chat.terms import Identity
from chat.text import BODY_MAX
from tests.chat.conftest import MovedClock
from tests.chat.house import House, at_once

_names = itertools.count(1)


def bodies(page: wire.History | wire.Tail) -> list[str]:
    """Return what the messages say."""
    return [message.body for message in page.messages]


def test_message_is_stored_then_told_once(house: House, ann: Identity, lobby: RoomId) -> None:
    """What goes out is what the history holds: source, safe HTML, author, seq."""
    message = house.posts(ann, lobby, "**hi** 你好 👋", client_id="c-1")

    assert (message.seq, message.client_id, message.author.username) == (1, "c-1", "ann")
    assert message.html == "<p><strong>hi</strong> 你好 👋</p>"
    assert house.told.messages == [message]
    assert house.messages.history(ann, lobby, wire.HistoryQuery()).messages == [message]


def test_same_client_id_is_one_message(house: House, ann: Identity, lobby: RoomId) -> None:
    """A retry gets the first message; nobody is told twice."""
    first = house.posts(ann, lobby, "first", client_id="same")
    again, is_new = house.messages.post(
        ann, wire.MessagePost(room_id=lobby, client_id="same", body="first")
    )

    assert (again, is_new) == (first, False)
    assert house.told.messages == [first]
    assert house.posts(ann, lobby, "next").seq == 2


def test_client_id_with_another_body_is_refused(house: House, ann: Identity, lobby: RoomId) -> None:
    """Nothing is stored, and the first stays; what it said before an edit is no other body."""
    first = house.posts(ann, lobby, "first", client_id="same")
    with pytest.raises(ClientIdUsed):
        house.posts(ann, lobby, "second", client_id="same")
    edited = house.edits(ann, first, "edited")

    assert house.posts(ann, lobby, "first", client_id="same") == edited
    assert house.posts(ann, lobby, "edited", client_id="same") == edited
    with pytest.raises(ClientIdUsed):
        house.posts(ann, lobby, "second", client_id="same")

    house.changes.delete(ann, first.id)
    assert house.posts(ann, lobby, "first", client_id="same").deleted
    assert house.stored_seqs(lobby) == [1]


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_who_was_kicked_since_gets_the_first_answer_again(
    house: House, ann: Identity, visibility: str
) -> None:
    """A post that was committed is no refusal; what others did to it since is not told."""
    bob = house.signs_up("bob")
    room_id = house.opens_room(ann, bob, name="Attic", visibility=visibility)
    first = house.posts(bob, room_id, "mine", client_id="same")
    house.parts.moderation.kick(ann, room_id, bob.user_id, "")
    house.reacts(ann, first, "👍")
    house.pins(ann, first)

    again = house.posts(bob, room_id, "mine", client_id="same")

    assert (again.id, again.seq, again.body) == (first.id, first.seq, "mine")
    assert (again.reactions, again.pinned_at_ms) == (UNSET, UNSET)
    with pytest.raises((NotMember, NotFound)):
        house.posts(bob, room_id, "another", client_id="another")


def test_client_ids_belong_to_author_and_room(house: House, ann: Identity, lobby: RoomId) -> None:
    """The same client id of another author, or in another room, is another message."""
    bob = house.signs_up("bob")
    house.rooms.join(bob, lobby)
    attic = house.opens_room(ann, name="Attic")

    ids = {
        house.posts(author, room_id, "hi", client_id="same").id
        for author, room_id in ((ann, lobby), (bob, lobby), (ann, attic))
    }

    assert len(ids) == 3


@pytest.mark.parametrize("body", ["", "  \n", "x" * 4001, "a\x00b", "a\ud800"])
def test_body_that_cannot_be_read_is_refused(
    house: House, ann: Identity, lobby: RoomId, body: str
) -> None:
    """A refused message takes no seq and is told to nobody."""
    with pytest.raises(Invalid) as refusal:
        house.posts(ann, lobby, body)

    assert refusal.value.field == "body"
    assert house.told.messages == []
    assert house.posts(ann, lobby, "fine").seq == 1


def test_post_to_a_room_that_is_not_ones_own_is_refused(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """Public rooms need joining, private and invented ones do not exist; nothing is stored."""
    eve = house.signs_up("eve")
    private = house.opens_room(ann, name="Private", visibility="private")

    with pytest.raises(NotMember):
        house.posts(eve, lobby, "hi")
    for room_id in (private, RoomId("nowhere")):
        with pytest.raises(NotFound):
            house.posts(eve, room_id, "hi")

    assert house.count() == 0
    assert house.memberships.heads([lobby, private]) == {lobby: (0, 0, 1), private: (0, 0, 1)}


def test_reply_must_be_to_a_message_of_the_room(house: House, ann: Identity, lobby: RoomId) -> None:
    """A reply across rooms is refused and leaves no hole; one within the room is kept."""
    attic = house.opens_room(ann, name="Attic")
    there, here = house.posts(ann, attic, "there"), house.posts(ann, lobby, "here")

    for reply_to in (there.id, "nothing"):
        with pytest.raises(Invalid) as refusal:
            house.messages.post(
                ann,
                wire.MessagePost(room_id=lobby, client_id="r", body="re", reply_to=reply_to),
            )
        assert refusal.value.field == "reply_to"
    answer, _ = house.messages.post(
        ann, wire.MessagePost(room_id=lobby, client_id="r", body="re", reply_to=here.id)
    )

    assert (answer.seq, answer.reply_to) == (2, here.id)


def test_member_who_left_cannot_post(house: House, ann: Identity, lobby: RoomId) -> None:
    """Membership is asked in the transaction that stores the message, not remembered."""
    bob = house.signs_up("bob")
    house.rooms.join(bob, lobby)
    house.posts(bob, lobby, "in")
    house.rooms.leave(bob, lobby)

    with pytest.raises(NotMember):
        house.posts(bob, lobby, "out")

    assert house.stored_seqs(lobby) == [1]


def test_history_pages_forward_and_back(house: House, ann: Identity, lobby: RoomId) -> None:
    """Pages are in seq order, exclusive of the seq named, and say whether there is more."""
    for n in range(1, 8):
        house.posts(ann, lobby, f"m{n}")

    def page(**query: int) -> tuple[list[str], bool]:
        found = house.messages.history(ann, lobby, wire.HistoryQuery(**query))
        return bodies(found), found.has_more

    assert page() == ([f"m{n}" for n in range(1, 8)], False)
    assert page(limit=2) == (["m6", "m7"], True)
    assert page(before=6, limit=2) == (["m4", "m5"], True)
    assert page(before=3, limit=5) == (["m1", "m2"], False)
    assert page(before=1) == ([], False)
    assert page(after=5) == (["m6", "m7"], False)
    assert page(after=0, limit=3) == (["m1", "m2", "m3"], True)
    assert page(after=7) == ([], False)
    with pytest.raises(Invalid):
        page(before=3, after=1)


def test_history_is_for_members(house: House, ann: Identity, lobby: RoomId) -> None:
    """A public room is read by its members, a private one does not exist for others."""
    eve = house.signs_up("eve")
    private = house.opens_room(ann, name="Private", visibility="private")

    with pytest.raises(NotMember):
        house.messages.history(eve, lobby, wire.HistoryQuery())
    with pytest.raises(NotFound):
        house.messages.history(eve, private, wire.HistoryQuery())


def test_since_gives_the_tail_of_each_room(house: House, ann: Identity, lobby: RoomId) -> None:
    """Exactly what is missing of each room; rooms that are not the asker's are left out."""
    attic = house.opens_room(ann, name="Attic")
    foreign = house.opens_room(house.signs_up("bob"), name="Foreign")
    for room_id in (lobby, attic, attic):
        house.posts(ann, room_id, "hi")

    asked = wire.MessageSince(rooms={lobby: 1, attic: 0, foreign: 0, "nowhere": 0})
    tails = house.messages.since(ann, asked).rooms

    assert {room_id: len(tail.messages) for room_id, tail in tails.items()} == {lobby: 0, attic: 2}
    assert not any(tail.reset for tail in tails.values())
    assert [message.seq for message in tails[attic].messages] == [1, 2]


def test_since_too_long_ago_is_a_reset_with_the_newest_page(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Up to 300 missing messages come one by one; of more, the newest page and the word reset."""
    for n in range(1, wire.TAIL_MAX + 2):
        moved_clock.passes(1)
        house.posts(ann, lobby, f"m{n}")

    near = house.messages.since(ann, wire.MessageSince(rooms={lobby: 1})).rooms[lobby]
    far = house.messages.since(ann, wire.MessageSince(rooms={lobby: 0})).rooms[lobby]

    assert (near.reset, len(near.messages)) == (False, wire.TAIL_MAX)
    assert (far.reset, len(far.messages)) == (True, RESET_PAGE)
    assert far.messages[-1].seq == wire.TAIL_MAX + 1
    assert [m.seq for m in far.messages] == sorted(m.seq for m in far.messages)


def test_since_is_bounded_in_bytes_and_ends_in_a_fresh_load(house: House, ann: Identity) -> None:
    """Rooms full of long messages: each answer has a size, and asking on brings every room."""
    rooms = [house.opens_room(ann, name=f"Room {n}") for n in range(3)]
    for room_id in rooms:
        for _ in range(1 + SINCE_BYTES // (2 * 3 * BODY_MAX)):
            house.posts(ann, room_id, "長" * BODY_MAX)
    lacking, answers = set(rooms), 0

    while lacking:
        tails = house.messages.since(ann, wire.MessageSince(rooms=dict.fromkeys(lacking, 0))).rooms
        told = [one for tail in tails.values() for one in told_in(tail)]
        assert tails, "an answer brings one room at least"
        assert size_of(told) <= SINCE_BYTES + size_of(told[-1:])
        for name, tail in tails.items():
            assert tail.reset
            assert tail.messages[-1].seq == house.stored_seqs(RoomId(name))[-1]
        lacking -= {RoomId(name) for name in tails}
        answers += 1

    assert answers > 1


def test_since_ahead_of_the_room_is_a_reset(house: House, ann: Identity, lobby: RoomId) -> None:
    """A client that knows more than the database (restored from a copy) starts anew."""
    house.posts(ann, lobby, "only")

    tail = house.messages.since(ann, wire.MessageSince(rooms={lobby: 99})).rooms[lobby]

    assert (tail.reset, bodies(tail)) == (True, ["only"])


def test_posts_faster_than_the_bucket_are_refused_with_the_wait(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Beyond the burst a post is refused with retry_after_s, and goes through after that wait."""
    for n in range(int(POSTS_OF_USER.burst)):
        house.posts(ann, lobby, f"m{n}")

    with pytest.raises(RateLimited) as refusal:
        house.posts(ann, lobby, "too fast")
    assert refusal.value.retry_after_s is not None
    moved_clock.passes(refusal.value.retry_after_s)

    assert house.posts(ann, lobby, "later").seq == int(POSTS_OF_USER.burst) + 1


Act = tuple[int, int]  # which author, which client id


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=6),
        min_size=2,
        max_size=4,
    )
)
def test_seqs_are_gapless_under_concurrent_posts_and_retries(
    house: House, threads: list[list[Act]]
) -> None:
    """Whatever is posted at once, retried or refused: 1..n without a hole, one for each client id.

    Everybody who was acknowledged under one client id got the same message."""
    number = next(_names)
    authors = [house.signs_up(f"author{number}x{n}") for n in range(2)]
    room_id = house.opens_room(authors[0], authors[1], name=f"Room {number}")
    acks: list[tuple[Act, wire.Message]] = []

    def post_all(acts: list[Act]) -> None:
        for author, client in acts:
            message = house.posts(authors[author], room_id, "hi", client_id=f"c{client}")
            acks.append(((author, client), message))
            refused = wire.MessagePost(
                room_id=room_id, client_id="r", body="re", reply_to="nothing"
            )
            with pytest.raises(Invalid):
                house.messages.post(authors[author], refused)

    raised = at_once(*[partial(post_all, acts) for acts in threads])

    assert raised == []
    wanted = {act for acts in threads for act in acts}
    assert house.stored_seqs(room_id) == list(range(1, len(wanted) + 1))
    assert len({(act, message.id) for act, message in acks}) == len(wanted)
    told = [message.seq for message in house.told.messages if message.room_id == room_id]
    assert sorted(told) == list(range(1, len(wanted) + 1))


def test_old_snapshot_and_what_went_out_equal_a_new_snapshot(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """A history read before, plus the messages told since, is the history read after."""

    def snapshot() -> list[wire.Message]:
        return house.messages.history(ann, lobby, wire.HistoryQuery()).messages

    house.posts(ann, lobby, "one")
    before, told = snapshot(), len(house.told.messages)

    assert at_once(*[partial(house.posts, ann, lobby, f"at once {n}") for n in range(5)]) == []

    after = sorted(house.told.messages[told:], key=lambda message: message.seq)
    assert before + after == snapshot()


def test_client_id_is_one_message_for_longer_than_a_week(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """A retry after eight days gets the message as it is by then: edited, or its stub."""
    first = house.posts(ann, lobby, "first", client_id="same")
    edited = house.edits(ann, first, "edited")
    moved_clock.passes(8 * 86_400)
    again = wire.MessagePost(room_id=lobby, client_id="same", body="first")

    assert house.messages.post(ann, again) == (edited, False)
    stub = house.changes.delete(ann, first.id)
    moved_clock.passes(8 * 86_400)
    assert house.messages.post(ann, again) == (stub, False)
    assert house.stored_seqs(lobby) == [1]


def test_plain_post_costs_three_statements(house: House, ann: Identity, lobby: RoomId) -> None:
    """Seq, message, its words; no look-up for mentions, threads or replies it does not have."""
    run: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        run.append(statement.split(maxsplit=1)[0])

    event.listen(house.db.engine, "before_cursor_execute", note)
    house.posts(ann, lobby, "hello")

    assert [word for word in run if word not in {"BEGIN", "COMMIT"}] == [
        "UPDATE",
        "INSERT",
        "INSERT",
    ]


def test_since_tells_what_changed_and_too_much_is_a_reset(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """Changed messages come whole, once each; a rev ahead of the room's begins anew."""
    one, two = house.posts(ann, lobby, "one"), house.posts(ann, lobby, "two")
    house.edits(ann, one, "newer")
    newest = house.edits(ann, one, "newest")

    def since(seq: int, rev: int) -> wire.Tail:
        asked = wire.MessageSince(rooms={lobby: seq}, revs={lobby: rev})
        return house.messages.since(ann, asked).rooms[lobby]

    assert since(2, two.rev).changed == [newest]
    assert since(1, two.rev) == wire.Tail(
        messages=[two], reset=False, rev=newest.rev, changed=[newest]
    )
    assert since(2, newest.rev - 1).changed == [newest]
    assert since(2, newest.rev) == wire.Tail(messages=[], reset=False, rev=newest.rev)
    assert since(2, newest.rev + 1).reset


def test_since_tells_of_the_room_when_it_changed_itself(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """As the asker sees it, after a change of settings or members; not for messages alone."""
    bob = house.signs_up("bob")
    house.rooms.join(bob, lobby)
    held = house.rooms.get(bob.user_id, lobby).rev

    def room_since(rev: int | None) -> object:
        revs: dict[str, int] | None = None if rev is None else {lobby: rev}
        asked = wire.MessageSince(rooms={lobby: 0}, revs=revs)
        return house.messages.since(bob, asked).rooms[lobby].room

    house.posts(ann, lobby, "hi")
    assert room_since(held) is UNSET
    house.parts.settings.change(ann, lobby, wire.ChangeRoom(topic="news"))
    house.posts(ann, lobby, "ho")
    fresh = house.rooms.get(bob.user_id, lobby)
    assert (fresh.topic, fresh.role, fresh.unread) == ("news", "member", 2)
    assert room_since(held) == fresh
    assert room_since(held + 2) is UNSET
    assert room_since(None) is UNSET
    house.rooms.join(house.signs_up("eve"), lobby)
    assert room_since(held + 3) == house.rooms.get(bob.user_id, lobby)
    assert room_since(held + 99) == house.rooms.get(bob.user_id, lobby)


def test_history_opens_around_a_message_and_at_a_time(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """The page says where it was to open, and whether there is more on either side."""
    at_ms = []
    for n in range(9):
        moved_clock.passes(10)
        at_ms.append(house.posts(ann, lobby, f"m{n}").at_ms)

    def opened(**place: int) -> tuple[list[int], object, object, object]:
        page = house.messages.history(ann, lobby, wire.RoomHistoryQuery(**place))
        seqs = [message.seq for message in page.messages]
        return seqs, page.target_seq, page.has_more, page.has_newer

    assert opened(around=5, limit=4) == ([3, 4, 5, 6], 5, True, True)
    assert opened(around=1, limit=4) == ([1, 2, 3, 4], 1, False, True)
    assert opened(around=99, limit=3) == ([8, 9], 9, True, False)
    assert opened(at_ms=at_ms[4], limit=1) == ([5], 5, True, True)
    assert opened(at_ms=at_ms[4] + 1, limit=1)[1] == 6
    assert opened(at_ms=0, limit=1)[1] == 1
    assert opened(at_ms=at_ms[8] + 1, limit=1)[1] == 9
    with pytest.raises(Invalid):
        opened(around=1, at_ms=1)
