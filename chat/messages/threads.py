"""Threads: the answers to one root, one level deep.

The rule of the file: a thread lies in one room, and an answer is itself no root.
"""

from sqlalchemy import Connection, select

from chat.errors import Invalid
from chat.ids import RoomId
from chat.messages.models import messages


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
