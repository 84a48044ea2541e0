"""What a user keeps for himself: told to his tabs alone, and only as long as he may read it."""

import pytest
from msgspec import UNSET

from chat import wire
from chat.errors import Invalid, NotFound, NotMember
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House


@pytest.fixture
def hall(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of Ann's in which Bob is a member."""
    return house.opens_room(ann, bob, name="Hall")


def saves(house: House, keeper: Identity, message: wire.Message, *, on: bool = True) -> None:
    """The keeper saves the message, or lets it go."""
    house.kept.save(keeper, wire.MessageSave(message_id=message.id, on=on))


def listed(house: House, keeper: Identity, **query: int) -> tuple[list[str], bool]:
    """Return the bodies of a page of what he saved, and whether there is more."""
    page = house.kept.saved(keeper, wire.PageQuery(**query))
    return [one.message.body for one in page.saved], page.has_more


def test_saved_messages_are_listed_to_who_saved_them(
    house: House, ann: Identity, bob: Identity, hall: RoomId, moved_clock: MovedClock
) -> None:
    """Newest first, by pages, once each; nobody else sees or hears of it."""
    for n in range(3):
        moved_clock.passes(1)
        message = house.posts(ann, hall, f"m{n}")
        saves(house, bob, message)
        saves(house, bob, message)

    assert listed(house, bob) == (["m2", "m1", "m0"], False)
    assert listed(house, bob, limit=1) == (["m2"], True)
    assert listed(house, bob, before=moved_clock(), limit=1) == (["m1"], True)
    assert listed(house, ann) == ([], False)
    saves(house, bob, message, on=False)
    assert listed(house, bob) == (["m1", "m0"], False)
    told = house.told.heard(bob.user_id, "saved:changed")
    assert told[-1] == wire.SavedChanged(message_id=message.id, on=False)
    assert house.told.heard(hall, "saved:changed") == []


def test_saved_message_of_a_room_that_was_left_is_not_shown(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """It is there again when he is back; a stranger cannot save it."""
    message = house.posts(ann, hall, "hi")
    saves(house, bob, message)
    house.rooms.leave(bob, hall)
    assert listed(house, bob) == ([], False)
    with pytest.raises(NotMember):
        saves(house, house.signs_up("eve"), message)
    house.rooms.join(bob, hall)
    assert listed(house, bob) == (["hi"], False)


def test_what_is_not_there_cannot_be_saved(house: House, ann: Identity, hall: RoomId) -> None:
    """Neither a forged id nor a stub."""
    message = house.posts(ann, hall, "hi")
    house.changes.delete(ann, message.id)
    with pytest.raises(NotFound):
        saves(house, ann, message)
    with pytest.raises(NotFound):
        house.kept.save(ann, wire.MessageSave(message_id="nothing", on=True))


def drafts(house: House, writer: Identity, room_id: RoomId, body: str, version: int) -> wire.Draft:
    """Return the newest draft after the writer has set one."""
    asked = wire.DraftSet(room_id=room_id, body=body, version=version)
    return house.kept.set_draft(writer, asked)


def test_newest_version_of_a_draft_wins(house: House, ann: Identity, lobby: RoomId) -> None:
    """A late one is answered with the newer; an empty one stays empty against older ones."""
    drafts(house, ann, lobby, "one", 1)
    newer = drafts(house, ann, lobby, "two", 2)

    assert drafts(house, ann, lobby, "late", 1) == newer
    assert drafts(house, ann, lobby, "same version", 2) == newer
    assert house.kept.drafts(ann).drafts == [newer]
    gone = drafts(house, ann, lobby, " ", 3)
    assert (gone.body, drafts(house, ann, lobby, "two", 2)) == ("", gone)
    assert house.kept.drafts(ann).drafts == []
    told = house.told.heard(ann.user_id, "draft:changed")
    assert told == [told[0], newer, newer, newer, gone, gone]


def test_draft_of_a_thread_is_a_draft_of_its_own(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """The room's draft and the thread's do not touch each other."""
    root = house.posts(ann, lobby, "question")
    drafts(house, ann, lobby, "for all", 1)
    moved_clock.passes(1)
    asked = wire.DraftSet(room_id=lobby, body="for few", version=1, thread_id=root.id)
    house.kept.set_draft(ann, asked)

    listed = [(one.body, one.thread_id) for one in house.kept.drafts(ann).drafts]
    assert listed == [("for few", root.id), ("for all", UNSET)]


def test_draft_that_could_not_be_posted_is_refused(
    house: House, ann: Identity, bob: Identity, lobby: RoomId
) -> None:
    """Too long, control characters, a foreign room, a thread that is none."""
    for body in ("x" * 4001, "a\x00b"):
        with pytest.raises(Invalid):
            drafts(house, ann, lobby, body, 1)
    with pytest.raises(NotMember):
        drafts(house, bob, lobby, "hi", 1)
    nowhere = wire.DraftSet(room_id=lobby, body="hi", version=1, thread_id="nothing")
    with pytest.raises(Invalid):
        house.kept.set_draft(ann, nowhere)
    assert house.kept.drafts(ann).drafts == []
