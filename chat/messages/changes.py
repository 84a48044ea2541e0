"""What happens to a message after it was posted: edit, delete, react, pin.

The rules of the file: a change is one transaction that locks the room first, takes its next rev and
writes it into the message; what changes nothing takes no rev and is told to nobody. The whole
message is told, so that whoever missed earlier changes is right again.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from chat import wire
from chat.blocking import RunBlocking
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.db import Database
from chat.errors import Forbidden, Invalid, NotFound, RateLimited, Stale
from chat.ids import RoomId, UserId
from chat.messages import mentions
from chat.messages.emoji import clean_reaction
from chat.messages.inline_marks import Callees, names_in
from chat.messages.markdown import NOBODY, RENDERER, posts_worth, render_anywhere
from chat.messages.models import mentions as mentioned
from chat.messages.models import message_edits, messages, reactions
from chat.messages.needs import Index, Rooms, Tell
from chat.messages.pages import REMOVED
from chat.messages.rows import read_one
from chat.terms import Act, Identity
from chat.text import clean_body

CHANGES_OF_USER = Limit(rate=20, burst=100)  # changes a second, on one worker
EMOJI_MAX = 20  # different emoji on one message
PINS_MAX = 100  # pinned messages of one room

Values = dict[str, Any]  # columns of the message that change; empty: only what belongs to it did


class Changes:
    """The changes of the messages of one Rollcall."""

    def __init__(
        self,
        db: Database,
        rooms: Rooms,
        now_ms: Clock,
        run_blocking: RunBlocking,
        tell: Tell,
        *,
        mentioned: mentions.Mentions,
        index: Index,
        edit_window_ms: int = 0,
    ) -> None:
        """edit_window_ms: how long after posting a text may be changed; 0: always."""
        self._db = db
        self._rooms = rooms
        self._now_ms = now_ms
        self._run_blocking = run_blocking
        self._tell = tell
        self._mentions = mentioned
        self._index = index
        self._edit_window_ms = edit_window_ms
        self._of_user = Buckets(CHANGES_OF_USER)

    def edit(self, editor: Identity, request: wire.MessageEdit) -> wire.Message:
        """The message says body; what it said before stands in its history.

        Raises Invalid, NotFound, NotMember, Forbidden (another's, or too late), Stale when
        request.body_rev names an older text than the one that stands, RateLimited."""
        self._slow_down(editor.user_id, posts_worth(request.body))
        body = clean_body(request.body)
        callees = self._callees(request.message_id, body)
        rendered = render_anywhere(body, self._run_blocking, callees)

        def change(sql: Connection, row: RowMapping) -> Values | None:
            self._require_editable(editor, row)
            if request.body_rev is not None and request.body_rev < row["body_rev"]:
                raise Stale
            if row["body"] == body:
                return None
            _keep_version(sql, row)
            mentions.restore(sql, row, rendered)
            new = {"body": body, "html": rendered.html, "renderer": RENDERER}
            self._index.replace(sql, {**row, **new})
            called = mentions.on_wire(rendered)
            return {**new, "mentions": called, "edited_at_ms": self._now_ms()}

        return self._changed(editor, request.message_id, lambda _: "edit", change)

    def delete(self, deleter: Identity, message_id: str) -> wire.Message:
        """A stub is left: who posted it, and when. Its text, also its older ones, are gone.

        Raises NotFound, NotMember, Forbidden, RateLimited."""

        def act(row: RowMapping) -> Act:
            return "delete_own" if row["author_id"] == deleter.user_id else "delete_foreign"

        def change(sql: Connection, row: RowMapping) -> Values | None:
            if row["deleted_at_ms"] is not None:
                return None
            for table in (message_edits, mentioned, reactions):
                sql.execute(delete(table).where(table.c.message_id == row["id"]))
            self._index.remove(sql, row)
            gone = {"body": "", "html": "", "mentions": None, "edited_at_ms": None}
            unpinned = {"pinned_at_ms": None, "pinned_by": None}
            who = {"deleted_at_ms": self._now_ms(), "deleted_by": deleter.user_id}
            return {**gone, **unpinned, **who}

        self._slow_down(deleter.user_id)
        return self._changed(deleter, message_id, act, change)

    def react(self, user: Identity, request: wire.MessageReact) -> wire.Message:
        """The user's emoji is on the message, or off it.

        Raises Invalid (no emoji, or too many different ones), NotFound, NotMember, Forbidden."""
        emoji = clean_reaction(request.emoji)

        def change(sql: Connection, row: RowMapping) -> Values | None:
            _require_standing(row)
            place = {"message_id": row["id"], "emoji": emoji, "user_id": user.user_id}
            if request.on:
                return {} if self._added(sql, place) else None
            mine = [reactions.c[name] == value for name, value in place.items()]
            return {} if sql.execute(delete(reactions).where(*mine)).rowcount else None

        self._slow_down(user.user_id)
        return self._changed(user, request.message_id, lambda _: "react", change)

    def pin(self, user: Identity, request: wire.MessagePin) -> wire.Message:
        """The message is pinned to its room, or not any more.

        Raises Invalid (too many), NotFound, NotMember, Forbidden."""

        def act(row: RowMapping) -> Act:
            return "pin_own" if row["author_id"] == user.user_id else "pin_foreign"

        def change(sql: Connection, row: RowMapping) -> Values | None:
            _require_standing(row)
            if request.on == (row["pinned_at_ms"] is not None):
                return None
            if not request.on:
                return {"pinned_at_ms": None, "pinned_by": None}
            _require_room_for_pin(sql, row["room_id"])
            return {"pinned_at_ms": self._now_ms(), "pinned_by": user.user_id}

        self._slow_down(user.user_id)
        return self._changed(user, request.message_id, act, change)

    def _callees(self, message_id: str, body: str) -> Callees:
        """Whom the new text may call; the words for many only where they stood before."""
        if not names_in(body):
            return NOBODY
        with self._db.reading() as sql:
            row = _row(sql, message_id)
        reach = self._mentions.reach(RoomId(row["room_id"]), body)
        return Callees(reach.callees.people, mentions.words_of(row["mentions"]))

    def _changed(
        self,
        user: Identity,
        message_id: str,
        act: Callable[[RowMapping], Act],
        change: Callable[[Connection, RowMapping], Values | None],
    ) -> wire.Message:
        """The message as it is after the change, told to the room; None from change: as it was."""
        with self._db.transaction() as sql:
            room_id = self._locked(sql, user, message_id, act)
            row = _row(sql, message_id)
            values = change(sql, row)
            changed = [] if values is None else self._written(sql, row, values)
            whole = changed[0] if changed else read_one(sql, message_id)
        for one in changed:
            self._tell.to_room(room_id, "message:changed", one)
        return whole

    def _written(self, sql: Connection, row: RowMapping, values: Values) -> list[wire.Message]:
        """The message, and the root of its thread when the thread's summary may have changed."""
        room_id, rev = RoomId(row["room_id"]), self._rooms.next_rev(sql, RoomId(row["room_id"]))
        new = {**values, "rev": rev}
        if values.get("body"):  # not for a deletion, which leaves none
            new["body_rev"] = rev
        sql.execute(update(messages).where(messages.c.id == row["id"]).values(new))
        told = [row["id"]]
        if row["thread_id"] is not None and "deleted_at_ms" in values:
            root_rev = self._rooms.next_rev(sql, room_id)
            root = messages.c.id == row["thread_id"]
            sql.execute(update(messages).where(root).values(rev=root_rev))
            told.append(row["thread_id"])
        return [read_one(sql, one) for one in told]

    def _locked(
        self,
        sql: Connection,
        user: Identity,
        message_id: str,
        act: Callable[[RowMapping], Act],
    ) -> RoomId:
        """The message's room, locked: the user may do that there."""
        row = _row(sql, message_id)
        room_id = RoomId(row["room_id"])
        head = self._rooms.require(sql, room_id, user.user_id, act(row))
        if row["seq"] < head.first_seq:
            raise NotFound(REMOVED)
        return room_id

    def _require_editable(self, editor: Identity, row: RowMapping) -> None:
        _require_standing(row)
        if row["author_id"] != editor.user_id:
            raise Forbidden("Only who wrote a message may change it.")
        if self._edit_window_ms and self._now_ms() - row["at_ms"] > self._edit_window_ms:
            raise Forbidden("The time in which a message may be changed has passed.")

    def _added(self, sql: Connection, place: dict[str, Any]) -> bool:
        """The reaction stands; whether it is new. Raises Invalid beyond EMOJI_MAX."""
        on_message = reactions.c.message_id == place["message_id"]
        query = select(reactions.c.emoji, reactions.c.user_id).where(on_message)
        there = {tuple(one) for one in sql.execute(query)}
        if (place["emoji"], place["user_id"]) in there:
            return False
        different = {emoji for emoji, _ in there}
        if place["emoji"] not in different and len(different) >= EMOJI_MAX:
            sentence = f"A message takes {EMOJI_MAX} different emoji."
            raise Invalid(sentence, field="emoji")
        sql.execute(insert(reactions).values(**place, at_ms=self._now_ms()))
        return True

    def _slow_down(self, user_id: UserId, cost: float = 1) -> None:
        wait_s = self._of_user.take(user_id, self._now_ms(), cost)
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)


def _row(sql: Connection, message_id: str) -> RowMapping:
    row = sql.execute(select(messages).where(messages.c.id == message_id)).mappings().one_or_none()
    if row is None:
        raise NotFound
    return row


def _require_standing(row: RowMapping) -> None:
    if row["deleted_at_ms"] is not None:
        raise NotFound("The message was deleted.")


def _require_room_for_pin(sql: Connection, room_id: str) -> None:
    pinned = (messages.c.room_id == room_id) & messages.c.pinned_at_ms.is_not(None)
    count = sql.execute(select(func.count()).select_from(messages).where(pinned)).scalar_one()
    if count >= PINS_MAX:
        raise Invalid(f"A room takes {PINS_MAX} pinned messages.", field="message_id")


def _keep_version(sql: Connection, row: RowMapping) -> None:
    version = {
        "message_id": row["id"],
        "body_rev": row["body_rev"],
        "body": row["body"],
        "html": row["html"],
        "at_ms": row["edited_at_ms"] or row["at_ms"],
    }
    sql.execute(insert(message_edits).values(version))
