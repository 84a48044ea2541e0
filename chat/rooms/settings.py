"""A room's settings: name, visibility, topic, description, slow mode, retention, archive.

The rule of the file: each change is one transaction with its rev and its entry in the log; a change
that changes nothing takes no rev and tells nobody.
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from chat import wire
from chat.clock import Clock
from chat.db import Database
from chat.errors import RoomNameTaken
from chat.ids import RoomId
from chat.rooms import revs, steps
from chat.rooms.audit import note
from chat.rooms.models import rooms
from chat.rooms.service import name_key_of
from chat.rooms.tell import TellRooms
from chat.rooms.views import Views, facts_of
from chat.terms import Identity
from chat.text import clean_description, clean_name, clean_topic

_ACT_OF = {
    "name": "rename",
    "visibility": "rename",
    "topic": "edit_topic",
    "description": "edit_topic",
    "slow_mode_s": "set_slow_mode",
    "keep_days": "set_retention",
}


class Settings:
    """Changes of rooms themselves."""

    def __init__(
        self,
        db: Database,
        now_ms: Clock,
        views: Views,
        tell: TellRooms,
        *,
        on_retention: Callable[[], None],
    ) -> None:
        """on_retention: called when a room keeps its messages for another time."""
        self._db = db
        self._now_ms = now_ms
        self._views = views
        self._tell = tell
        self._on_retention = on_retention

    def change(self, by: Identity, room_id: RoomId, request: wire.ChangeRoom) -> wire.Room:
        """The room has what was asked for; returns it as the asker sees it.

        Raises Invalid, NotFound, NotMember, Forbidden, Archived, RoomNameTaken."""
        wanted = _wanted(request)
        acts = {_ACT_OF[name] for name in wanted} or {"edit_topic"}
        try:
            seen = self._changed(by, room_id, acts, "change_room", wanted)
        except IntegrityError as refused:
            raise RoomNameTaken(field="name") from refused
        if "keep_days" in wanted:
            self._on_retention()
        return seen

    def archive(self, by: Identity, room_id: RoomId) -> wire.Room:
        """The room is read-only for everybody and left out of the list.

        Raises NotFound, NotMember, Forbidden."""
        archived = {"is_archived": True}
        return self._changed(by, room_id, {"archive"}, "archive", archived)

    def restore(self, by: Identity, room_id: RoomId) -> wire.Room:
        """The room is in use again. Raises NotFound, NotMember, Forbidden."""
        restored = {"is_archived": False}
        return self._changed(by, room_id, {"archive"}, "restore", restored)

    def _changed(
        self, by: Identity, room_id: RoomId, acts: set[str], entry: str, wanted: dict[str, Any]
    ) -> wire.Room:
        with self._db.transaction() as sql:
            steps.lock(sql, room_id)
            for act in sorted(acts):
                steps.require_may(sql, room_id, by, act)
            changed = self._write(sql, by, room_id, entry, wanted)
            seen = self._views.any(sql, room_id, by.user_id)
        if changed is not None:
            self._tell.room_changed(changed)
        return seen

    def _write(
        self, sql: Connection, by: Identity, room_id: RoomId, entry: str, wanted: dict[str, Any]
    ) -> wire.RoomChanged | None:
        before = facts_of(sql, room_id)
        different = {name: to for name, to in wanted.items() if getattr(before, name) != to}
        if not different:
            return None
        rev = revs.take_change(sql, room_id)
        columns = _columns(different, self._now_ms())
        sql.execute(update(rooms).where(rooms.c.id == room_id).values(columns))
        facts = {name: [getattr(before, name), to] for name, to in different.items()}
        note(sql, by, room_id, entry, now_ms=self._now_ms(), facts=facts)
        return wire.RoomChanged(room_id=room_id, rev=rev, room=facts_of(sql, room_id))


def _wanted(request: wire.ChangeRoom) -> dict[str, Any]:
    """What is asked for, cleaned. Raises Invalid with the field."""
    asked = {name: getattr(request, name) for name in _ACT_OF}
    clean: dict[str, Callable[[str], str]] = {
        "name": lambda text: clean_name(text, field="name"),
        "topic": clean_topic,
        "description": clean_description,
    }
    return {
        name: clean[name](value) if name in clean else value
        for name, value in asked.items()
        if value is not UNSET
    }


def _columns(wanted: dict[str, Any], now_ms: int) -> dict[str, Any]:
    columns = dict(wanted)
    if "name" in columns:
        columns["name_key"] = name_key_of(columns["name"])
    if "is_archived" in columns:
        columns["archived_at_ms"] = now_ms if columns.pop("is_archived") else None
    return columns
