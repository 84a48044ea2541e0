"""Exports over HTTP: for owners, written down in the log, ended when the right ends."""

import json
from collections.abc import Callable

import pytest
from flask import Flask

from chat import wire
from chat.errors import Forbidden, NotFound, NotMember, RateLimited
from chat.exports.page import Words
from chat.exports.reading import PAGE
from chat.exports.service import EXPORTS_OF_USER, HTML, JSONL, Exports
from chat.ids import RoomId
from chat.terms import ADMIN, Identity
from tests.chat.browser import Browser, code_of
from tests.chat.conftest import MovedClock
from tests.chat.house import House

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def exports(house: House, moved_clock: MovedClock) -> Exports:
    """The service on the house's rooms."""
    return Exports(house.db, moved_clock, house.parts.exporting)


def test_owner_gets_the_file_and_the_log_says_so(light_app: Flask) -> None:
    """Both kinds come as a download, with how many messages they hold; wrong kinds are refused."""
    ann = Browser(light_app)
    ann.signs_up("ann")
    room = ann.post("/api/v1/rooms", {"name": "Tea / 茶", "visibility": "private"}).json["room"]  # type: ignore[index]  # it is there
    path = f"/api/v1/rooms/{room['id']}"
    assert ann.post(f"{path}/messages", {"client_id": "c", "body": "hi"}).status_code == 201

    lines = ann.get(f"{path}/export")
    page = ann.get(f"{path}/export?format=html", headers={"Accept-Language": "zh"})

    assert [json.loads(line)["type"] for line in lines.text.splitlines()] == [
        *("room", "person", "message", "end"),
    ]
    assert lines.headers["X-Rollcall-Messages"] == page.headers["X-Rollcall-Messages"] == "1"
    name = "Tea%20%2F%20%E8%8C%B6.jsonl"
    assert lines.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert lines.headers["X-Content-Type-Options"] == "nosniff"
    assert page.mimetype == "text/html"
    assert '<html lang="zh-CN">' in page.text
    entries = ann.get(f"{path}/audit").json["entries"]  # type: ignore[index]  # it is there
    assert [(one["act"], one["facts"]) for one in entries] == [
        ("export", {"format": "html"}),
        ("export", {"format": "jsonl"}),
    ]
    assert code_of(ann.get(f"{path}/export?format=pdf")) == "invalid"


@ON_SQLITE
def test_only_owners_may(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, exports: Exports
) -> None:
    """Members, strangers, and administrators, who see how rooms run, not what is said in them."""
    eve = house.signs_up("eve")
    hers = house.opens_room(eve, name="Hers", visibility="private")
    admin = Identity(bob.user_id, "bob", "Bob", bob.session_id, ADMIN)
    pair = RoomId(house.parts.direct.open(ann, wire.OpenDirect([bob.user_id]))[0].id)

    for who, room_id, refusal in (
        (bob, lobby, Forbidden),
        (admin, lobby, Forbidden),
        (eve, lobby, NotMember),
        (ann, hers, NotFound),
        (admin, hers, NotFound),
        (ann, pair, Forbidden),
    ):
        with pytest.raises(refusal):
            exports.begin(who, room_id, JSONL, Words())
    house.parts.settings.archive(ann, lobby)
    assert exports.begin(ann, lobby, HTML, Words()).room.is_archived


@ON_SQLITE
def test_who_is_owner_no_more_gets_no_further_page(
    house: House, ann: Identity, bob: Identity, lobby: RoomId, exports: Exports
) -> None:
    """The rest of the file is broken off, so that it lacks its end."""
    for n in range(PAGE + 1):
        house.now_ms.passes(1)  # type: ignore[attr-defined]  # the moved clock
        house.posts(ann, lobby, f"message {n}")
    export = exports.begin(ann, lobby, JSONL, Words())
    first = [next(export.parts), next(export.parts)]
    moderation = house.parts.moderation
    moderation.set_role(ann, lobby, bob.user_id, "owner")
    moderation.set_role(bob, lobby, bob.user_id, "owner")
    house.rooms.leave(ann, lobby)

    with pytest.raises(ConnectionAbortedError):
        list(export.parts)
    assert b'"end"' not in b"".join(part for part, _ in first)


@ON_SQLITE
def test_what_is_posted_meanwhile_is_not_in_it(
    house: House, ann: Identity, lobby: RoomId, exports: Exports
) -> None:
    """A file ends where the room ended when it was begun."""
    house.posts(ann, lobby, "before")
    export = exports.begin(ann, lobby, JSONL, Words())
    head, _ = next(export.parts)
    house.posts(ann, lobby, "meanwhile")

    rest = b"".join(part for part, _ in export.parts)

    assert b"before" in rest
    assert b"meanwhile" not in rest
    assert b'"last_seq":1' in head


@ON_SQLITE
def test_exports_are_limited(
    house: House, ann: Identity, lobby: RoomId, exports: Exports, moved_clock: MovedClock
) -> None:
    """A few at once, then one in half a minute; a refused one is not in the log."""
    begin: Callable[[], object] = lambda: exports.begin(ann, lobby, JSONL, Words())  # noqa: E731
    for _ in range(int(EXPORTS_OF_USER.burst)):
        begin()

    with pytest.raises(RateLimited) as refusal:
        begin()

    assert refusal.value.retry_after_s == 30
    log = house.parts.audit.of_room(ann, lobby, wire.AuditQuery(limit=20))
    assert len(log.entries) == EXPORTS_OF_USER.burst
    moved_clock.passes(30)
    begin()
