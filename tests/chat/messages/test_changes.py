"""Changes of messages: who may, what is left, and that only a change takes a rev."""

from collections.abc import Callable
from functools import partial

import pytest
from msgspec import UNSET
from sqlalchemy import select

from chat import wire
from chat.errors import ChatError, Forbidden, Invalid, NotFound, NotMember, RateLimited, Stale
from chat.ids import RoomId
from chat.messages.changes import CHANGES_OF_USER, EMOJI_MAX, PINS_MAX
from chat.messages.models import mentions, message_edits, messages, reactions
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import EDIT_WINDOW_MS, House, at_once


@pytest.fixture
def hall(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of Ann's in which Bob is a member."""
    return house.opens_room(ann, bob, name="Hall")


def rev_of(house: House, room_id: RoomId) -> int:
    """Return the room's newest rev."""
    return house.memberships.heads([room_id])[room_id].rev


def test_edit_shows_the_new_text_and_keeps_the_old_ones(
    house: House, ann: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """The message says the new text with a new rev; its history has every version and its time."""
    first = house.posts(ann, hall, "one")
    moved_clock.passes(5)
    second = house.edits(ann, first, "*two*")
    moved_clock.passes(5)
    third = house.edits(ann, first, "three")

    assert (second.html, second.edited_at_ms) == ("<p><em>two</em></p>", first.at_ms + 5000)
    assert (third.rev, third.body_rev, third.seq) == (first.rev + 2, first.rev + 2, first.seq)
    versions = house.messages.versions(ann, first.id).versions
    assert [(one.body, one.at_ms) for one in versions] == [
        ("one", first.at_ms),
        ("*two*", first.at_ms + 5000),
        ("three", first.at_ms + 10_000),
    ]
    assert house.told.heard(hall, "message:changed") == [second, third]
    assert house.messages.get(ann, first.id) == third


def test_only_the_author_edits_and_only_in_time(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """The room's owner may not put words into a member's mouth; the window closes for all."""
    message = house.posts(bob, hall, "mine")

    with pytest.raises(Forbidden):
        house.edits(ann, message, "yours")
    moved_clock.passes(EDIT_WINDOW_MS / 1000 + 1)
    with pytest.raises(Forbidden):
        house.edits(bob, message, "too late")

    assert house.messages.get(bob, message.id) == message


def test_edit_of_an_older_text_than_the_one_that_stands_is_stale(
    house: House, ann: Identity, hall: RoomId
) -> None:
    """Two tabs cannot overwrite each other unseen; reactions meanwhile do not matter."""
    message = house.posts(ann, hall, "one")
    edit = partial(wire.MessageEdit, message_id=message.id, body_rev=message.body_rev)
    house.reacts(ann, message, "👍")

    house.changes.edit(ann, edit(body="two"))
    with pytest.raises(Stale):
        house.changes.edit(ann, edit(body="three"))

    assert house.messages.get(ann, message.id).body == "two"


@pytest.mark.parametrize("body", ["", " \n", "x" * 4001, "a\x00b"])
def test_edit_to_what_cannot_be_read_is_refused(
    house: House, ann: Identity, hall: RoomId, body: str
) -> None:
    """An edit goes through the same door as a post."""
    message = house.posts(ann, hall, "fine")
    with pytest.raises(Invalid):
        house.edits(ann, message, body)
    assert house.messages.get(ann, message.id) == message


def test_deleted_message_leaves_a_stub_and_nothing_of_its_text(
    house: House, ann: Identity, hall: RoomId
) -> None:
    """Text, older texts, reactions, mentions and pin are gone; place, author and time stay."""
    message = house.posts(ann, hall, "secret")
    house.edits(ann, message, "secret still")
    house.reacts(ann, message, "👍")
    house.pins(ann, message)

    stub = house.changes.delete(ann, message.id)

    assert (stub.seq, stub.author_id, stub.at_ms) == (message.seq, ann.user_id, message.at_ms)
    assert (stub.body, stub.html, stub.deleted) == ("", "", True)
    assert (stub.reactions, stub.pinned_at_ms, stub.edited_at_ms) == (UNSET, UNSET, UNSET)
    assert house.messages.versions(ann, message.id).versions == []
    assert [house.stored(table, message) for table in (message_edits, reactions, mentions)] == [
        0
    ] * 3
    with house.db.reading() as sql:
        row = sql.execute(select(messages).where(messages.c.id == message.id)).mappings().one()
    assert "secret" not in repr(dict(row))


def test_author_and_moderators_delete_and_nobody_else(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Bob deletes his own and not Ann's; Ann, who owns the room, deletes both."""
    of_ann, of_bob = house.posts(ann, hall, "a"), house.posts(bob, hall, "b")
    another = house.posts(bob, hall, "c")

    with pytest.raises(Forbidden):
        house.changes.delete(bob, of_ann.id)
    house.changes.delete(bob, of_bob.id)
    house.changes.delete(ann, another.id)

    page = house.messages.history(ann, hall, wire.HistoryQuery()).messages
    assert [one.deleted for one in page] == [UNSET, True, True]


def test_nothing_is_done_to_a_deleted_message(house: House, ann: Identity, hall: RoomId) -> None:
    """A stub cannot be edited, pinned or reacted to; deleting it again changes nothing."""
    message = house.posts(ann, hall, "gone")
    stub = house.changes.delete(ann, message.id)

    acts: list[Callable[[], object]] = [
        lambda: house.edits(ann, message, "back"),
        lambda: house.pins(ann, message),
        lambda: house.reacts(ann, message, "👍"),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()

    assert house.changes.delete(ann, message.id) == stub
    assert rev_of(house, hall) == stub.rev


def test_reactions_are_told_with_who_put_them_in_order(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """The emoji that came first is first, its users in their order; the last one off removes it."""
    message = house.posts(ann, hall, "hi")
    for user, emoji in ((bob, "🎉"), (bob, "👍"), (ann, "🎉")):
        moved_clock.passes(1)
        house.reacts(user, message, emoji)

    assert house.messages.get(ann, message.id).reactions == [
        wire.Reaction(emoji="🎉", user_ids=[bob.user_id, ann.user_id]),
        wire.Reaction(emoji="👍", user_ids=[bob.user_id]),
    ]
    house.reacts(bob, message, "👍", on=False)
    last = house.reacts(bob, message, "🎉", on=False)
    assert last.reactions == [wire.Reaction(emoji="🎉", user_ids=[ann.user_id])]


def test_what_changes_nothing_takes_no_rev_and_is_told_to_nobody(
    house: House, ann: Identity, hall: RoomId
) -> None:
    """The same reaction, pin or text again is answered with the message as it is."""
    message = house.posts(ann, hall, "hi")
    house.reacts(ann, message, "👍")
    pinned = house.pins(ann, message)
    told = len(house.told.events)

    again = [
        house.reacts(ann, message, "👍"),
        house.reacts(ann, message, "🎉", on=False),
        house.pins(ann, message),
        house.edits(ann, message, "hi"),
    ]

    assert again == [pinned] * 4
    assert (len(house.told.events), rev_of(house, hall)) == (told, pinned.rev)


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "❤", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇨🇳", "1️⃣", "☕"],
)
def test_any_one_emoji_is_a_reaction(house: House, ann: Identity, hall: RoomId, emoji: str) -> None:
    """Tones, families, flags and keycaps are one emoji each."""
    message = house.posts(ann, hall, "hi")
    (reaction,) = house.reacts(ann, message, emoji).reactions or []
    assert reaction.emoji == emoji


@pytest.mark.parametrize(
    "emoji",
    ["a", "ok", "好", "1", "+", "∑", "→", "👍👍", "👍a", " ", "\u200d", "🇨", "<b>", "😀" * 9],
)
def test_what_is_no_emoji_is_refused(house: House, ann: Identity, hall: RoomId, emoji: str) -> None:
    """Letters, digits, signs, two at once and halves are no reactions."""
    message = house.posts(ann, hall, "hi")
    with pytest.raises(Invalid) as refusal:
        house.reacts(ann, message, emoji)
    assert refusal.value.field == "emoji"
    assert house.messages.get(ann, message.id) == message


def test_different_emoji_on_a_message_are_bounded(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """One more kind is refused; more of a kind that is there is not."""
    message = house.posts(ann, hall, "hi")
    for at in range(EMOJI_MAX):
        house.reacts(ann, message, chr(0x1F600 + at))

    with pytest.raises(Invalid):
        house.reacts(bob, message, "🎉")
    moved_clock.passes(1)
    last = house.reacts(bob, message, chr(0x1F600))

    assert last.reactions
    assert last.reactions[0].user_ids == [ann.user_id, bob.user_id]


def test_members_pin_their_own_and_owners_pin_any(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """What is pinned is listed, the newest pin first, until it is let go."""
    of_ann, of_bob = house.posts(ann, hall, "a"), house.posts(bob, hall, "b")
    with pytest.raises(Forbidden):
        house.pins(bob, of_ann)
    house.pins(bob, of_bob)
    moved_clock.passes(1)
    pinned = house.pins(ann, of_ann)

    assert (pinned.pinned_by, pinned.pinned_at_ms) == (ann.user_id, moved_clock())
    listed = house.messages.pinned(bob, hall).messages
    assert [one.id for one in listed] == [of_ann.id, of_bob.id]
    house.pins(ann, of_bob, on=False)
    assert [one.id for one in house.messages.pinned(bob, hall).messages] == [of_ann.id]


def test_pins_of_a_room_are_bounded(house: House, ann: Identity, hall: RoomId) -> None:
    """A room takes so many pins and not one more."""
    posted = [house.posts(ann, hall, f"m{n}") for n in range(PINS_MAX + 1)]
    with house.db.transaction() as sql:
        ids = [one.id for one in posted[:PINS_MAX]]
        pin = messages.update().where(messages.c.id.in_(ids))
        sql.execute(pin.values(pinned_at_ms=1, pinned_by=ann.user_id))
    with pytest.raises(Invalid):
        house.pins(ann, posted[-1])
    house.told.events.clear()  # what was pinned behind its back was told to nobody


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_message_of_a_foreign_room_is_out_of_reach(
    house: House, ann: Identity, visibility: str
) -> None:
    """Whoever is no member reads and changes nothing; of a private room he learns nothing."""
    room_id = house.opens_room(ann, name="Foreign", visibility=visibility)
    message = house.posts(ann, room_id, "hers")
    eve = house.signs_up("eve")
    refusal: type[ChatError] = NotMember if visibility == "public" else NotFound

    acts: list[Callable[[], object]] = [
        lambda: house.messages.get(eve, message.id),
        lambda: house.messages.versions(eve, message.id),
        lambda: house.messages.thread(eve, message.id, wire.HistoryQuery()),
        lambda: house.messages.pinned(eve, room_id),
        lambda: house.edits(eve, message, "mine"),
        lambda: house.changes.delete(eve, message.id),
        lambda: house.reacts(eve, message, "👍"),
        lambda: house.pins(eve, message),
    ]
    for act in acts:
        with pytest.raises(refusal):
            act()

    assert house.messages.get(ann, message.id) == message


def test_forged_message_id_is_not_found(house: House, ann: Identity) -> None:
    """An id that names nothing is refused the same way everywhere."""
    forged = wire.MessageEdit(message_id="nothing", body="x")
    with pytest.raises(NotFound):
        house.changes.edit(ann, forged)
    with pytest.raises(NotFound):
        house.changes.delete(ann, "nothing")
    with pytest.raises(NotFound):
        house.messages.get(ann, "nothing")


def test_answers_stand_in_their_thread_and_on_its_root(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """The root tells how many, when last and by whom; the answers are paged like a room."""
    root = house.posts(ann, hall, "question")
    answers = []
    for author in (bob, ann, bob):
        moved_clock.passes(1)
        answers.append(house.posts(author, hall, "answer", thread_id=root.id))

    page = house.messages.thread(ann, root.id, wire.HistoryQuery(limit=2))
    assert page.root.thread == wire.ThreadSummary(
        replies=3, last_at_ms=moved_clock(), user_ids=[bob.user_id, ann.user_id]
    )
    assert [one.id for one in page.messages] == [one.id for one in answers[1:]]
    assert page.has_more
    assert {one.thread_id for one in answers} == {root.id}

    house.changes.delete(bob, answers[2].id)
    thread = house.messages.get(ann, root.id).thread
    assert isinstance(thread, wire.ThreadSummary)
    assert thread.replies == 2


def test_thread_lies_in_one_room_and_is_one_level_deep(
    house: House, ann: Identity, hall: RoomId, lobby: RoomId
) -> None:
    """Across rooms, to an answer, to nothing: refused, and no seq is taken."""
    root = house.posts(ann, hall, "question")
    answer = house.posts(ann, hall, "answer", thread_id=root.id)
    before = rev_of(house, hall)
    for room_id, thread_id in ((lobby, root.id), (hall, answer.id), (hall, "nothing")):
        with pytest.raises(Invalid) as refusal:
            house.posts(ann, room_id, "lost", thread_id=thread_id)
        assert refusal.value.field == "thread_id"

    assert house.stored_seqs(lobby) == []
    assert rev_of(house, hall) == before


def test_changes_faster_than_the_bucket_are_refused_with_the_wait(
    house: House, ann: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """Beyond the burst every kind of change is refused, and goes through after that wait."""
    message = house.posts(ann, hall, "hi")
    for n in range(int(CHANGES_OF_USER.burst)):
        house.pins(ann, message, on=n % 2 == 0)

    with pytest.raises(RateLimited):
        house.edits(ann, message, "ho")
    with pytest.raises(RateLimited):
        house.reacts(ann, message, "👍")
    with pytest.raises(RateLimited):
        house.changes.delete(ann, message.id)
    with pytest.raises(RateLimited) as refusal:
        house.pins(ann, message)
    assert refusal.value.retry_after_s is not None
    moved_clock.passes(refusal.value.retry_after_s)
    house.pins(ann, message)


def test_revs_are_gapless_under_concurrent_changes(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """Posts, edits, reactions and refusals at once: each change told has a rev of its own."""
    before = rev_of(house, hall)
    message = house.posts(ann, hall, "hi")

    def refused() -> None:
        with pytest.raises(Forbidden):
            house.edits(bob, message, "not mine")

    raised = at_once(
        *[partial(house.edits, ann, message, f"text {n}") for n in range(4)],
        *[partial(house.reacts, bob, message, chr(0x1F600 + n)) for n in range(4)],
        *[partial(house.posts, bob, hall, "hello", thread_id=message.id) for _ in range(4)],
        refused,
    )

    assert raised == []
    told = house.told.heard(hall, "message:new", "message:changed")
    revs = sorted(one.rev for one in told if isinstance(one, wire.Message))
    assert revs == list(range(before + 1, before + 1 + 4 + 4 + 8 + 1))
    assert rev_of(house, hall) == revs[-1]
