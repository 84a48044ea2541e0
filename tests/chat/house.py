"""Rooms and messages over a real database, and what they told whom."""

import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Table, func, insert, select

from chat import wire
from chat.accounts.models import users
from chat.db import Database
from chat.ids import RoomId, SessionId, UserId, new_id
from chat.later import Later
from chat.messages.changes import Changes
from chat.messages.counts import unread_counts
from chat.messages.kept import Kept
from chat.messages.mentions import Mentions
from chat.messages.models import messages
from chat.messages.pages import seq_at
from chat.messages.reading import Reading
from chat.messages.service import Messages
from chat.retention.removing import Removing
from chat.retention.service import Retention
from chat.retention.turn import Turn
from chat.rooms.memberships import Memberships, own_rooms
from chat.rooms.models import memberships
from chat.rooms.parts import put_together
from chat.rooms.tell import MemberIn, TellRooms
from chat.rooms.views import Views
from chat.search.index import Index
from chat.search.service import LIMIT_S, OwnRooms, Search
from chat.terms import Identity
from chat.text import key_of
from tests.support.oracle import Timeline
from tests.support.snapshots import Watched, assert_followed

P = ParamSpec("P")
R = TypeVar("R")


EDIT_WINDOW_MS = 3_600_000


class Told:
    """Who was told of joining and leaving, and which messages went out."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str, str]] = []
        self.events: list[tuple[str, str, wire.Answer]] = []  # audience, event, payload

    def joined(self, room: wire.Room, joined: MemberIn) -> None:
        """Note that the user joined."""
        self.moves.append(("joined", joined.member.username, room.id))

    def left(self, user_id: UserId, left: wire.MemberLeft, code: str) -> None:
        """Note that the user is no member."""
        self.moves.append((code, user_id, left.room_id))

    def member_changed(self, changed: wire.MemberChanged) -> None:
        """Note that a member changed."""
        self.events.append((changed.room_id, "member:changed", changed))

    def room_changed(self, changed: wire.RoomChanged) -> None:
        """Note that the room changed."""
        self.events.append((changed.room_id, "room:changed", changed))

    def placed(self, user_id: UserId, placed: wire.RoomsPlaced) -> None:
        """Note that the user's own list changed."""
        self.events.append((user_id, "rooms:placed", placed))

    def mute_ended(self, ended: wire.MuteEnded) -> None:
        """Note the hint."""
        self.events.append((ended.room_id, "mute:ended", ended))

    def ban_ended(self, user_id: UserId, ended: wire.BanEnded) -> None:
        """Note the hint."""
        self.events.append((user_id, "ban:ended", ended))

    def to_room(self, room_id: RoomId, event: str, answer: wire.Answer) -> None:
        """Note that all of the room were told."""
        self.events.append((room_id, event, answer))

    def to_user(self, user_id: UserId, event: str, answer: wire.Answer) -> None:
        """Note that the user was told."""
        self.events.append((user_id, event, answer))

    def heard(self, audience: str, *events: str) -> list[wire.Answer]:
        """Return what the room or the user was told by these events, in order."""
        return [told for to, event, told in self.events if to == audience and event in events]

    @property
    def messages(self) -> list[wire.Message]:
        """Every message that went out as new."""
        return [told for _, _, told in self.events if isinstance(told, wire.Message)]


class House:
    """The services of rooms and messages on one database."""

    def __init__(
        self, db: Database, now_ms: Callable[[], int], tell: TellRooms | None = None
    ) -> None:
        """tell hears of rooms instead of `told`."""
        self.db = db
        self.now_ms = now_ms
        self.told = Told()
        self.memberships = Memberships(db)
        self.later = Later(now_ms)
        self.ended: list[tuple[str, str]] = []
        self.parts = put_together(
            db,
            now_ms,
            Views(now_ms, counts=unread_counts, here_in=lambda _viewer: {}),
            tell or self.told,
            at=self.later.at,
            end_sessions=lambda user_id, code: self.ended.append((user_id, code)),
            url_of=lambda token: f"/invite/{token}",
        )
        self.rooms = self.parts.rooms
        self.hidden: set[UserId] = set()  # users whom others see offline
        self.mentions = Mentions(db, self.rooms, present=lambda _: set())
        self.reading = Reading(db, self.rooms, now_ms, self.told, self._is_seen)
        self.kept = Kept(db, self.rooms, now_ms, self.told)
        parts = (db, self.rooms, now_ms, directly, self.told)
        called, index = self.mentions, Index()
        self.messages = Messages(*parts, mentioned=called, index=index)
        self.changes = Changes(*parts, mentioned=called, index=index, edit_window_ms=EDIT_WINDOW_MS)
        self.search = self.makes_search()

    def makes_search(self, limit_s: float = LIMIT_S, own_rooms: OwnRooms = own_rooms) -> Search:
        """Return a search with that deadline, or that knowledge of the asker's rooms."""
        return Search(
            self.db,
            self.now_ms,
            directly,
            own_rooms=own_rooms,
            read_messages=self.messages.readable,
            limit_s=limit_s,
        )

    def retains(self, holder: str = "worker", most_days: int = 0, index: Any = None) -> Retention:
        """Return the retention of one worker; index: what forgets the words."""
        removing = Removing(
            self.db,
            self.now_ms,
            self.parts.retaining,
            index or Index(),
            Turn("retention", holder),
            most_days=most_days,
        )
        return Retention(
            self.db,
            self.now_ms,
            self.parts.retaining,
            removing,
            seq_at=seq_at,
            tell=self.told.room_changed,
            most_days=most_days,
            pause_s=0.0,
        )

    def keeps(self, owner: Identity, room_id: RoomId, days: int) -> wire.Room:
        """Return the room, which keeps its messages for so many days."""
        return self.parts.settings.change(owner, room_id, wire.ChangeRoom(keep_days=days))

    def signs_up(self, username: str) -> Identity:
        """Return a new user."""
        row = self._user(username)
        with self.db.transaction() as sql:
            sql.execute(insert(users).values(row))
        session_id = SessionId(f"session-{username}")
        return Identity(UserId(row["id"]), username, row["display_name"], session_id)

    def fills(self, room_id: RoomId, count: int) -> None:
        """That many new users are members of the room; nobody is told."""
        rows = [self._user(f"member{number}") for number in range(count)]
        place = {"room_id": room_id, "role": "member", "joined_at_ms": self.now_ms()}
        with self.db.transaction() as sql:
            sql.execute(insert(users), rows)
            sql.execute(insert(memberships), [{**place, "user_id": row["id"]} for row in rows])

    def _user(self, username: str) -> dict[str, Any]:  # Any: a value of a column
        return {
            "id": new_id(self.now_ms()),
            "username": username,
            "username_key": key_of(username),
            "display_name": username.title(),
            "password_hash": "none",
            "created_at_ms": self.now_ms(),
        }

    def opens_room(
        self, owner: Identity, *members: Identity, name: str = "Lobby", visibility: str = "public"
    ) -> RoomId:
        """Return a new room with these members."""
        request = wire.CreateRoom(name=name, visibility=visibility)
        room_id = RoomId(self.rooms.create(owner, request).id)
        for member in members:
            self.rooms.add_member(owner, room_id, member.username)
        return room_id

    def posts(
        self,
        author: Identity,
        room_id: RoomId,
        body: str,
        client_id: str = "",
        thread_id: str | None = None,
    ) -> wire.Message:
        """Return the message as it was stored."""
        request = wire.MessagePost(
            room_id=room_id,
            client_id=client_id or new_id(self.now_ms()),
            body=body,
            thread_id=thread_id,
        )
        return self.messages.post(author, request)[0]

    def edits(self, editor: Identity, message: wire.Message, body: str) -> wire.Message:
        """Return the message as it is after the edit."""
        return self.changes.edit(editor, wire.MessageEdit(message_id=message.id, body=body))

    def reacts(
        self, user: Identity, message: wire.Message, emoji: str, *, on: bool = True
    ) -> wire.Message:
        """Return the message as it is after the reaction."""
        asked = wire.MessageReact(message_id=message.id, emoji=emoji, on=on)
        return self.changes.react(user, asked)

    def pins(self, user: Identity, message: wire.Message, *, on: bool = True) -> wire.Message:
        """Return the message as it is after it was pinned or let go."""
        return self.changes.pin(user, wire.MessagePin(message_id=message.id, on=on))

    def stored(self, table: Table, message: wire.Message) -> int:
        """Return how many rows of the table belong to the message."""
        query = select(func.count()).where(table.c.message_id == message.id)
        with self.db.reading() as sql:
            return sql.execute(query.select_from(table)).scalar_one()

    def watched(self, room_id: RoomId) -> Watched:
        """Return the room as its members ask for it and hear of it."""
        reader = self._a_member(room_id)

        def load() -> dict[str, Any]:
            found: list[wire.Message] = []
            while True:
                after = found[-1].seq if found else 0
                query = wire.HistoryQuery(after=after, limit=wire.HISTORY_MAX)
                page = self.messages.history(reader, room_id, query)
                found += page.messages
                if not page.has_more:
                    return _plain(msgspec.structs.replace(page, messages=found))

        def since(seq: int, rev: int) -> dict[str, Any]:
            asked = wire.MessageSince(rooms={room_id: seq}, revs={room_id: rev})
            return _plain(self.messages.since(reader, asked).rooms[room_id])

        def heard() -> list[tuple[str, dict[str, Any]]]:
            names = {"message:new", "message:changed", "room:changed"}
            return [
                (event, _plain(told))
                for to, event, told in self.told.events
                if to == room_id and event in names
            ]

        return Watched(load, since, heard)

    def assert_all_followed(self) -> None:
        """Whoever heard of each room from its beginning shows what a fresh client shows."""
        told = {RoomId(to) for to, event, _ in self.told.events if event == "message:new"}
        for room_id in told & self._rooms_with_members():
            room = self.watched(room_id)
            assert_followed(room, Timeline(), room.heard())

    def _is_seen(self, user_id: UserId) -> bool:
        return user_id not in self.hidden

    def _rooms_with_members(self) -> set[RoomId]:
        with self.db.reading() as sql:
            return set(map(RoomId, sql.scalars(select(memberships.c.room_id).distinct())))

    def _a_member(self, room_id: RoomId) -> Identity:
        query = select(memberships.c.user_id).where(memberships.c.room_id == room_id).limit(1)
        with self.db.reading() as sql:
            user_id = UserId(sql.execute(query).scalar_one())
        return Identity(user_id, "reader", "Reader", SessionId("session-reader"))

    def stored_seqs(self, room_id: RoomId) -> list[int]:
        """Return the seqs of all messages of the room, in order."""
        query = select(messages.c.seq).where(messages.c.room_id == room_id)
        with self.db.reading() as sql:
            return list(sql.scalars(query.order_by(messages.c.seq)))

    def count(self) -> int:
        """Return how many messages are stored."""
        with self.db.reading() as sql:
            return sql.execute(select(func.count()).select_from(messages)).scalar_one()


def directly(fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Do what the pool would do, here and now."""
    return fn(*args, **kwargs)


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Do all of it in as many threads; return what was raised."""
    raised: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - carried over to the test's own thread
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def _plain(answer: wire.Answer) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return plain
