"""Threads: the answers to one root, one level deep.

The rule of the file: a thread lies in one room, and an answer is itself no root.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select

from chat.errors import Invalid
from chat.ids import RoomId
from chat.messages.models import messages, thread_reads
from chat.messages.upsert import upsert


def require_root(sql: Connection, root_id: str, room_id: RoomId) -> None:
    """The message may be answered in a thread. Raises Invalid: of another room, or an answer."""
    query = select(messages.c.thread_id).where(
        messages.c.id == root_id, messages.c.room_id == room_id
    )
    found = sql.execute(query).one_or_none()
    if found is None:
        raise Invalid("The thread is not in this room.", field="thread_id")
    if found.thread_id is not None:
        raise Invalid("An answer in a thread has no thread of its own.", field="thread_id")


def follow(sql: Connection, room_id: RoomId, root_id: str, user_id: str, read_seq: int) -> int:
    """The user follows the thread and has read it up to read_seq, or further; returns how far."""
    row = {"user_id": user_id, "thread_id": root_id, "room_id": room_id, "read_seq": read_seq}
    write = upsert(sql, thread_reads).values(row)
    sql.execute(
        write.on_conflict_do_update(
            index_elements=["user_id", "thread_id"],
            set_={"read_seq": read_seq},
            where=thread_reads.c.read_seq < read_seq,
        )
    )
    mine = (thread_reads.c.user_id == user_id, thread_reads.c.thread_id == root_id)
    stored: int = sql.execute(select(thread_reads.c.read_seq).where(*mine)).scalar_one()
    return stored


def answered(sql: Connection, answer: Mapping[str, Any], called: Collection[str]) -> None:
    """Who answers follows the thread, and so do the author of its root and those named in it.

    Raises Invalid when the root was removed meanwhile."""
    room_id, root_id, seq = RoomId(answer["room_id"]), answer["thread_id"], answer["seq"]
    root = select(messages.c.author_id, messages.c.seq).where(messages.c.id == root_id)
    found = sql.execute(root).one_or_none()
    if found is None:  # removed since it was asked about
        raise Invalid("The thread is not in this room.", field="thread_id")
    author_id, root_seq = found
    follow(sql, room_id, root_id, author_id, root_seq)
    for user_id in called:
        follow(sql, room_id, root_id, user_id, root_seq)
    follow(sql, room_id, root_id, answer["author_id"], seq)
