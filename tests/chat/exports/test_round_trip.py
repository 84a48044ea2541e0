"""What is exported and imported again is the same room: to a reader, to a search, to an export."""

import io
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from chat import wire
from chat.db import Database
from chat.errors import ChatError, Invalid, NotFound, RoomNameTaken, Stale
from chat.exports.checking import messages_in
from chat.exports.reading import PAGE, TEXTS, RoomReader
from chat.ids import RoomId
from chat.messages.models import message_edits
from chat.terms import Identity
from tests.chat.conftest import BringToHead, MovedClock
from tests.chat.exports.conftest import Imports, exported, importer_of
from tests.chat.house import House

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_names = itertools.count(1)
BODIES = (
    *("plain", "**bold** <b>&", "@bob and @ann, look", "@room @here!", "```py\nx = 1\n```"),
    *("||spoiler|| 你好 https://example.org", "line\u2028 sep\nnext"),
)
EMOJI = ("👍", "🎉", "😀")
ACT = st.tuples(
    st.sampled_from(["post", "post", "answer", "reply", "edit", "delete", "react", "pin"]),
    st.integers(0, 30),
    st.integers(0, 30),
)


def lines_of(file: bytes) -> list[dict[str, Any]]:
    """Return the records of a file."""
    return [json.loads(line) for line in file.splitlines()]


def without_name(file: bytes) -> list[dict[str, Any]]:
    """Return the records, but for what the room is called."""
    room, *rest = lines_of(file)
    return [{**room, "name": ""}, *rest]


def act(house: House, room_id: RoomId, people: list[Identity], how: tuple[str, int, int]) -> None:
    """Somebody does something to some message; what may not be done is left."""
    kind, one, other = how
    user = people[one % len(people)]
    shown = house.messages.history(user, room_id, wire.HistoryQuery(limit=200)).messages
    message = shown[other % len(shown)] if shown else None
    body = BODIES[(one + other) % len(BODIES)]
    if kind == "post" or message is None:
        house.posts(user, room_id, body)
    elif kind == "answer":
        house.posts(user, room_id, body, thread_id=message.id)
    elif kind == "reply":
        asked = wire.MessagePost(room_id, f"reply-{next(_names)}", body, reply_to=message.id)
        house.messages.post(user, asked)
    elif kind == "edit":
        house.edits(user, message, body)
    elif kind == "delete":
        house.changes.delete(user, message.id)
    elif kind == "react":
        house.reacts(user, message, EMOJI[one % len(EMOJI)], on=other % 4 > 0)
    else:
        house.pins(user, message, on=other % 3 > 0)


def seen(house: House, reader: Identity, room_id: RoomId) -> list[dict[str, Any]]:
    """Return all messages as the reader is shown them, with what they said before.

    Places are named by seq instead of ids."""
    page = house.messages.history(reader, room_id, wire.HistoryQuery(limit=200))
    seqs = {message.id: message.seq for message in page.messages}
    told = []
    for message in map(msgspec.to_builtins, page.messages):
        versions = house.messages.versions(reader, message["id"]).versions
        message["versions"] = [(one.body, one.html, one.at_ms) for one in versions]
        for field in ("reply_to", "thread_id"):
            message[field] = seqs.get(message.get(field, ""))
        dropped = {"id", "room_id", "client_id", "rev", "body_rev"}
        told.append({key: value for key, value in message.items() if key not in dropped})
    return told


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACT, max_size=25))
def test_exported_imported_and_exported_again_is_the_same(
    *,
    acts: list[tuple[str, int, int]],
    house: House,
    moved_clock: MovedClock,
    ann: Identity,
    bob: Identity,
    imports: Imports,
) -> None:
    """Whatever was done in a room, its copy has the same export and shows its readers the same."""
    name = f"Room {next(_names)}"
    room_id = house.opens_room(ann, bob, name=name)
    for one in acts:
        moved_clock.passes(60)
        try:
            act(house, room_id, [ann, bob], one)
        except ChatError:
            continue
    file = exported(house.db, room_id)

    copy = imports(file, name=f"{name} again")

    assert without_name(exported(house.db, copy.room_id)) == without_name(file)
    assert seen(house, bob, copy.room_id) == seen(house, bob, room_id)
    room = house.rooms.get(bob.user_id, copy.room_id)
    assert (room.unread, room.mentions, room.is_archived) == (0, 0, False)


def test_room_that_removed_its_oldest_is_exported_from_there_and_imported(
    house: House,
    ann: Identity,
    bob: Identity,
    lobby: RoomId,
    *,
    moved_clock: MovedClock,
    imports: Imports,
) -> None:
    """Seqs stay; an answer whose root is no more in the file is a message of the room."""
    root = house.posts(ann, lobby, "old root")
    moved_clock.passes(8 * 86_400)
    house.posts(bob, lobby, "an answer", thread_id=root.id)
    asked = wire.MessagePost(lobby, "reply", "a reply", reply_to=root.id)
    house.messages.post(bob, asked)
    house.keeps(ann, lobby, 7)
    house.retains().remove_due()
    file = exported(house.db, lobby)
    room, *_, end = lines_of(file)
    assert (room["first_seq"], room["last_seq"], end["messages"]) == (2, 3, 2)

    copy = imports(file, name="Copy")

    assert without_name(exported(house.db, copy.room_id)) == without_name(file)
    found = house.rooms.get(bob.user_id, copy.room_id)
    assert (found.first_seq, found.last_seq, found.keep_days) == (2, 3, 0)
    assert house.posts(ann, copy.room_id, "next").seq == 4
    wrong = file.replace(b'"first_seq":2', b'"first_seq":5')
    with pytest.raises(Invalid, match="first_seq"):
        imports(wrong, name="Wrong")

    moved_clock.passes(8 * 86_400)
    house.retains().remove_due()
    emptied = exported(house.db, lobby)
    again = house.rooms.get(bob.user_id, imports(emptied, name="Empty").room_id)
    assert (again.first_seq, again.last_seq, len(lines_of(emptied))) == (4, 3, 4)


def test_export_that_meets_a_removal_is_broken_off(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """A file never has a hole: what was written so far lacks its end."""
    for n in range(3):
        house.posts(ann, lobby, f"message {n}")
    moved_clock.passes(8 * 86_400)
    house.posts(ann, lobby, "new")
    reader = RoomReader(house.db, lobby, lambda _: None)
    room = reader.room()
    house.keeps(ann, lobby, 7)
    house.retains().remove_due()

    with pytest.raises(Stale):
        list(reader.pages(room.first_seq, room.last_seq))


@ON_SQLITE
def test_second_import_of_a_file_stores_nothing(
    house: House, ann: Identity, lobby: RoomId, imports: Imports
) -> None:
    """It finds the room that the first one made, also when people have written there since."""
    house.posts(ann, lobby, "first")
    file = exported(house.db, lobby)
    copy = imports(file, name="Copy")
    house.posts(ann, copy.room_id, "since then")
    before = exported(house.db, copy.room_id)

    again = imports(file, name="Copy")

    assert (copy.messages, again.messages, again.room_id) == (1, 0, copy.room_id)
    assert exported(house.db, copy.room_id) == before


def test_import_that_was_cut_short_is_seen_by_nobody_and_goes_on(
    house: House, ann: Identity, lobby: RoomId, imports: Imports
) -> None:
    """Half of a room is in no list; the next run stores the rest, once."""
    for n in range(5):
        house.posts(ann, lobby, f"message {n}")
    file = exported(house.db, lobby)
    with pytest.raises(KeyboardInterrupt):
        imports(file, name="Copy", until=2)
    assert [room.name for room in house.rooms.visible_to(ann.user_id, archived=True)] == ["Lobby"]

    copy = imports(file, name="Copy")

    assert copy.messages == 3
    assert without_name(exported(house.db, copy.room_id)) == without_name(file)


def test_two_who_import_one_file_at_once_store_it_once(
    house: House, ann: Identity, lobby: RoomId, imports: Imports
) -> None:
    """The second is told, and changes nothing."""
    house.posts(ann, lobby, "first")
    file = exported(house.db, lobby)
    late = importer_of(house, file, "Copy")
    begun = late.begin()

    imports(file, name="Copy")

    with pytest.raises(Stale):
        late.store(messages_in(io.BytesIO(file), begun), lambda *_: None)
    assert house.count() == 2


@ON_SQLITE
def test_room_moves_to_another_installation(
    *,
    house: House,
    ann: Identity,
    bob: Identity,
    lobby: RoomId,
    imports: Imports,
    bring_to_head: BringToHead,
    tmp_path: Path,
) -> None:
    """Who has no account there gets one that nobody signs in to; the file is the same there."""
    root = house.posts(ann, lobby, "who comes, @bob?")
    house.posts(bob, lobby, "I do", thread_id=root.id)
    house.reacts(bob, root, "👍")
    file = exported(house.db, lobby)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    bring_to_head(url)
    other = Database(url)
    there = House(other, house.now_ms)
    with pytest.raises(Invalid, match="your own account first"):
        imports(file, into=other)
    there.signs_up("ann")

    copy = imports(file, into=other)

    assert (copy.accounts, copy.messages) == (1, 2)
    assert exported(other, copy.room_id) == file
    with pytest.raises(RoomNameTaken):
        imports(changed(file, 0, topic="another"), into=other, name="LOBBY")
    other.close()


def test_copy_is_found_by_search_and_can_be_written_in(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, imports: Imports
) -> None:
    """Imported messages are in the index and count as mentions when they are marked unread; the
    next message has the next seq."""
    house.posts(ann, lobby, "a pelican flew by, @bob")
    copy = imports(exported(house.db, lobby), name="Copy")

    house.reading.mark_unread(bob, wire.MessageUnread(copy.room_id, 1))
    room = house.rooms.get(bob.user_id, copy.room_id)
    message = house.posts(bob, copy.room_id, "where to?")

    found = house.search.search(bob, wire.SearchQuery(q="pelican", limit=10))
    assert {hit.message.room_id for hit in found.hits} == {lobby, copy.room_id}
    assert (room.unread, room.mentions, message.seq) == (1, 1, 2)
    assert house.messages.since(ann, wire.MessageSince(rooms={copy.room_id: 1})).rooms


def test_more_than_a_page_is_whole(
    house: House, moved_clock: MovedClock, ann: Identity, lobby: RoomId, imports: Imports
) -> None:
    """Pages and batches meet without a gap."""
    for n in range(2 * PAGE + 3):
        moved_clock.passes(1)
        house.posts(ann, lobby, f"message {n}")
    file = exported(house.db, lobby)

    copy = imports(file, name="Copy")

    assert len(lines_of(file)) == 1 + 2 + 2 * PAGE + 3 + 1
    assert house.stored_seqs(copy.room_id) == list(range(1, 2 * PAGE + 4))
    assert without_name(exported(house.db, copy.room_id)) == without_name(file)


@ON_SQLITE
def test_messages_that_were_edited_often_come_in_small_pages(
    house: House, ann: Identity, lobby: RoomId, imports: Imports
) -> None:
    """A page has TEXTS earlier texts at most; of a message that has more the newest are told."""
    for edits in (TEXTS // 2 + 1, TEXTS // 2 + 1, TEXTS + 3):
        message = house.edits(ann, house.posts(ann, lobby, "first"), "last")
        rows = [
            {"message_id": message.id, "body_rev": 1000 + n, "body": f"{n}", "html": "", "at_ms": n}
            for n in range(1, edits)
        ]
        with house.db.transaction() as sql:
            sql.execute(insert(message_edits), rows)

    pages = list(RoomReader(house.db, lobby, lambda _: None).pages(1, 3))

    versions = [[len(told.line.versions) for told in page.messages] for page in pages]
    assert versions == [[TEXTS // 2 + 1], [TEXTS // 2 + 1], [TEXTS]]
    assert pages[2].messages[0].line.versions[-1].body == str(TEXTS + 2)
    file = exported(house.db, lobby)
    copy = imports(file, name="Copy")
    assert without_name(exported(house.db, copy.room_id)) == without_name(file)


@ON_SQLITE
def test_owner_who_is_named_owns_the_copy(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, imports: Imports
) -> None:
    """Beside the owners of the file; one without an account is refused before anything is made."""
    file = exported(house.db, lobby)
    with pytest.raises(NotFound, match="nobody"):
        imports(file, name="Copy", owner="nobody")

    copy = imports(file, name="Copy", owner="BOB")

    members = house.rooms.members(bob, copy.room_id).members
    assert {one.username: one.role for one in members} == {"ann": "owner", "bob": "owner"}


def changed(file: bytes, place: int, **fields: Any) -> bytes:
    """Return the file with other fields in one of its lines."""
    lines = lines_of(file)
    lines[place] = {**lines[place], **fields}
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def cut(file: bytes, place: int) -> bytes:
    """Return the file without one of its lines."""
    lines = file.splitlines(keepends=True)
    return b"".join([*lines[:place], *lines[place + 1 :]])


NO_EMOJI = {"emoji": "no", "user": "ann", "at_ms": 1}
WRONG: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "is empty"),
    ("no JSON", lambda file: b"hello\n" + file, "Line 1 cannot be used"),
    ("half a line", lambda file: file[:-9], "Line 7 cannot be used"),
    ("without its end", lambda file: cut(file, 6), "was cut off"),
    ("a line after the end", lambda file: file + file.splitlines()[1] + b"\n", "Line 8 cannot"),
    ("two rooms", lambda file: file.splitlines()[0] + b"\n" + file, "Line 2 .*one room"),
    ("of the future", lambda file: changed(file, 0, version=2), "Line 1 .*version 2"),
    ("another format", lambda file: changed(file, 0, format="slack"), "Line 1 .*beginning"),
    ("an unknown field", lambda file: changed(file, 3, shout=True), "Line 4 .*shout"),
    ("a lost line", lambda file: cut(file, 3), "Line 4 .*seq is 2 where 1 follows"),
    ("a stranger", lambda file: changed(file, 3, author="eve"), "Line 4 .*eve was not introduced"),
    ("a hidden override", lambda file: changed(file, 3, body="a\u202eb"), r"Line 4 .*U\+202E"),
    ("an empty body", lambda file: changed(file, 3, body=" "), "Line 4 .*empty"),
    ("deep brackets", lambda file: changed(file, 3, body="[" * 3000), "Line 4 .*brackets"),
    ("a later answer", lambda file: changed(file, 3, reply_to=2), "Line 4 .*before it"),
    ("an answer's answer", lambda file: changed(file, 5, thread=2), "Line 6 .*itself an answer"),
    ("no emoji", lambda file: changed(file, 3, reactions=[NO_EMOJI]), "Line 4 .*emoji"),
    ("a speaking stub", lambda file: changed(file, 3, deleted_at_ms=1), "Line 4 .*deleted"),
    ("a time beyond ids", lambda file: changed(file, 3, at_ms=2**45), "Line 4 .*at_ms"),
    ("a strange name", lambda file: changed(file, 1, username="a b"), "Line 2 .*username"),
    ("a false count", lambda file: changed(file, 6, people=3), "Line 7 .*counts"),
    ("no bytes of text", lambda file: file.replace(b"first", b"\xff\xfe"), "Line 4 cannot be used"),
]


def refusal_of(imports: Imports, file: bytes) -> str:
    """Return what is said of the file, which cannot be imported; empty: it could."""
    try:
        imports(file, name="Copy")
    except Invalid as refusal:
        return refusal.message
    return ""


@ON_SQLITE
def test_wrong_file_is_named_by_its_line_and_stores_nothing(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, imports: Imports
) -> None:
    """Whatever is wrong is found before anything is stored."""
    root = house.posts(ann, lobby, "first")
    house.posts(bob, lobby, "second", thread_id=root.id)
    house.posts(bob, lobby, "third", thread_id=root.id)
    file = exported(house.db, lobby)

    for what, spoilt, sentence in WRONG:
        assert re.search(sentence, refusal_of(imports, spoilt(file))), what

    assert [room.name for room in house.rooms.visible_to(ann.user_id, archived=True)] == ["Lobby"]
    assert house.count() == 3
