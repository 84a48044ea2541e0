"""Mentions: who is called by which text, as rows that are there for good."""

import pytest
from msgspec import UNSET
from sqlalchemy import select

from chat import wire
from chat.errors import Invalid, NotFound
from chat.ids import RoomId, UserId
from chat.messages.mentions import NAMES_MAX
from chat.messages.models import mentions
from chat.terms import Identity
from tests.chat.house import House


@pytest.fixture
def eve(house: House) -> Identity:
    """A user who is in no room."""
    return house.signs_up("eve")


@pytest.fixture
def hall(house: House, ann: Identity, bob: Identity) -> RoomId:
    """A room of Ann's in which Bob is a member."""
    return house.opens_room(ann, bob, name="Hall")


def called(house: House, message: wire.Message) -> dict[UserId, str]:
    """Return who has a row of the message, and of which kind."""
    query = select(mentions.c.user_id, mentions.c.kind)
    with house.db.reading() as sql:
        rows = sql.execute(query.where(mentions.c.message_id == message.id))
        return {UserId(row.user_id): row.kind for row in rows}


def test_named_members_are_called_and_nobody_else(
    house: House, ann: Identity, bob: Identity, eve: Identity, hall: RoomId
) -> None:
    """A member by his name in any case; not a stranger, not oneself, not in code."""
    message = house.posts(ann, hall, "@BOB @eve @ann `@bob` see")

    assert message.mentions == wire.Mentions(users=[bob.user_id, ann.user_id])
    assert f'data-user-id="{bob.user_id}">@bob<' in message.html
    assert eve.user_id not in message.html
    assert called(house, message) == {bob.user_id: "user"}


def test_text_that_calls_nobody_has_no_mentions(house: House, ann: Identity, hall: RoomId) -> None:
    """An address of mail and an unknown name are text."""
    for body in ("plain", "a@b.example", "@nobody", "`@here`"):
        message = house.posts(ann, hall, body)
        assert message.mentions is UNSET
        assert called(house, message) == {}


def test_here_calls_those_who_are_present_and_stays_so(
    house: House, ann: Identity, bob: Identity, eve: Identity, hall: RoomId
) -> None:
    """Who was there when it was posted is called, also after he left; who came later is not."""
    house.rooms.join(eve, hall)
    house.mentions._present = lambda _: {ann.user_id, bob.user_id}
    message = house.posts(ann, hall, "@here lunch")
    house.mentions._present = lambda _: {eve.user_id}

    assert message.mentions == wire.Mentions(users=[], here=True)
    assert called(house, message) == {bob.user_id: "here"}
    assert called(house, house.posts(ann, hall, "@here again")) == {eve.user_id: "here"}
    assert called(house, message) == {bob.user_id: "here"}


def test_room_calls_every_member(
    house: House, ann: Identity, bob: Identity, eve: Identity, hall: RoomId
) -> None:
    """All members but the author, whoever is there; who is named too is called by name."""
    house.rooms.join(eve, hall)
    message = house.posts(ann, hall, "@room and @bob")

    assert message.mentions == wire.Mentions(users=[bob.user_id], room=True)
    assert called(house, message) == {bob.user_id: "user", eve.user_id: "room"}


def test_edit_calls_by_name_and_lets_go(
    house: House, ann: Identity, bob: Identity, eve: Identity, hall: RoomId
) -> None:
    """A name that came has a row, one that went has none; the words for many call nobody anew."""
    house.rooms.join(eve, hall)
    message = house.posts(ann, hall, "@room @bob")

    edited = house.edits(ann, message, "@room @eve")
    assert edited.mentions == wire.Mentions(users=[eve.user_id], room=True)
    assert called(house, edited) == {eve.user_id: "room"}

    plain = house.edits(ann, message, "nobody")
    assert (plain.mentions, called(house, plain)) == (UNSET, {})

    loud = house.edits(ann, message, "@room @bob")
    assert loud.mentions == wire.Mentions(users=[bob.user_id])
    assert called(house, loud) == {bob.user_id: "user"}


def test_deleted_message_calls_nobody(
    house: House, ann: Identity, bob: Identity, hall: RoomId
) -> None:
    """With the text its mentions are gone."""
    message = house.posts(ann, hall, "@bob")
    stub = house.changes.delete(ann, message.id)
    assert (stub.mentions, called(house, message)) == (UNSET, {})


def test_too_many_names_are_refused(house: House, ann: Identity, hall: RoomId) -> None:
    """A text that calls a crowd by name is refused before SQL is asked."""
    crowd = " ".join(f"@user{n}." for n in range(NAMES_MAX + 1))
    with pytest.raises(Invalid) as refusal:
        house.posts(ann, hall, crowd)
    assert refusal.value.field == "body"


def test_preview_counts_without_telling_who_is_there(
    house: House, ann: Identity, bob: Identity, eve: Identity, hall: RoomId
) -> None:
    """How many @here and @room would call, oneself left out; the room must be one's own."""
    house.rooms.join(eve, hall)
    house.mentions._present = lambda _: {ann.user_id, bob.user_id}

    preview = house.mentions.preview(ann.user_id, hall, "@here @bob @nobody")

    assert preview == wire.MentionPreview(users=[bob.user_id], here=1, room=2)
    with pytest.raises(NotFound):
        house.mentions.preview(ann.user_id, RoomId("nowhere"), "@here")
