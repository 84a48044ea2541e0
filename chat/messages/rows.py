"""Messages as the wire has them, read from their rows with what belongs to them.

The rule of the file: a page costs three statements however long it is: the messages, their
reactions, their threads. It only reads, within the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection, Select, func, select

from chat import wire
from chat.accounts.models import users
from chat.messages.models import messages, reactions
from chat.prepared import Prepared, among, listed
from chat.terms import Identity

THREAD_FACES = 5  # users that a root names of those who answered

Row = Mapping[Any, Any]  # of the table of messages: Any as SQLAlchemy has it


class _Part(NamedTuple):
    """What one author answered in one thread."""

    thread_id: str
    author_id: str
    replies: int
    last_at_ms: int


_REACTIONS: Final = Prepared(
    among(
        select(reactions.c.message_id, reactions.c.emoji, reactions.c.user_id).order_by(
            reactions.c.at_ms, reactions.c.user_id
        ),
        reactions.c.message_id,
        "ids",
    )
)
_THREADS: Final = Prepared(
    among(
        select(
            messages.c.thread_id,
            messages.c.author_id,
            func.count().label("replies"),
            func.max(messages.c.at_ms).label("last_at_ms"),
        )
        .where(messages.c.deleted_at_ms.is_(None))
        .group_by(messages.c.thread_id, messages.c.author_id)
        .order_by(func.max(messages.c.seq).desc()),
        messages.c.thread_id,
        "ids",
    )
)


def messages_with_authors() -> Select[tuple[Any, ...]]:  # Any: the columns' types are of no use
    """The query for messages and who wrote them; add conditions to it."""
    authors = (users.c.username, users.c.display_name)
    return select(messages, *authors).join(users, users.c.id == messages.c.author_id)


def read(sql: Connection, query: Select[tuple[Any, ...]]) -> list[wire.Message]:
    """What a `messages_with_authors` finds, whole, in the query's order."""
    return whole(sql, sql.execute(query).mappings().all())


def named(found: Sequence[Sequence[Any]]) -> list[Row]:  # Any: a column's value
    """The plain rows of a prepared `messages_with_authors`, each value under its column's name."""
    return [dict(zip(_NAMES, row, strict=True)) for row in found]


def whole(sql: Connection, found: Sequence[Row]) -> list[wire.Message]:
    """The rows that such queries found, with what belongs to them, in their order."""
    ids = [row["id"] for row in found]
    if not ids:
        return []
    reacted, threads = _reactions(sql, ids), _threads(sql, ids)
    return [_whole(row, reacted.get(row["id"]), threads.get(row["id"])) for row in found]


def read_one(sql: Connection, message_id: str) -> wire.Message:
    """One message that exists, whole."""
    (message,) = read(sql, messages_with_authors().where(messages.c.id == message_id))
    return message


def to_wire(row: Row, author: wire.Person) -> wire.Message:
    """A row as the wire has it, without reactions and thread: a message that was just posted."""
    is_deleted = row.get("deleted_at_ms") is not None
    return wire.Message(
        id=row["id"],
        room_id=row["room_id"],
        seq=row["seq"],
        client_id=row["client_id"],
        author_id=row["author_id"],
        author=author,
        body=row["body"],
        html=row["html"],
        at_ms=row["at_ms"],
        rev=row["rev"],
        body_rev=row["body_rev"],
        reply_to=_if_set(row["reply_to"]),
        thread_id=_if_set(row.get("thread_id")),
        mentions=_mentions(row.get("mentions")),
        pinned_at_ms=_if_set(row.get("pinned_at_ms")),
        pinned_by=_if_set(row.get("pinned_by")),
        edited_at_ms=_if_set(row.get("edited_at_ms")),
        deleted=True if is_deleted else UNSET,
    )


def own_part(message: wire.Message) -> wire.Message:
    """The message without what others did to it."""
    return msgspec.structs.replace(
        message, reactions=UNSET, thread=UNSET, pinned_at_ms=UNSET, pinned_by=UNSET
    )


def person(identity: Identity) -> wire.Person:
    """Who is asking, as others know him."""
    return wire.Person(
        id=identity.user_id, username=identity.username, display_name=identity.display_name
    )


def _whole(
    row: Row, reacted: list[wire.Reaction] | None, thread: wire.ThreadSummary | None
) -> wire.Message:
    author = wire.Person(
        id=row["author_id"], username=row["username"], display_name=row["display_name"]
    )
    message = to_wire(row, author)
    if reacted is None and thread is None:
        return message
    return msgspec.structs.replace(message, reactions=reacted or UNSET, thread=thread or UNSET)


def _reactions(sql: Connection, ids: Sequence[str]) -> dict[str, list[wire.Reaction]]:
    """By message: each emoji where it stood first, with its users in their order."""
    users_of: dict[str, dict[str, list[str]]] = {}
    for message_id, emoji, user_id in _REACTIONS.rows(sql, {"ids": listed(ids)}):
        users_of.setdefault(message_id, {}).setdefault(emoji, []).append(user_id)
    return {
        message_id: [wire.Reaction(emoji=emoji, user_ids=ids) for emoji, ids in by_emoji.items()]
        for message_id, by_emoji in users_of.items()
    }


def _threads(sql: Connection, ids: Sequence[str]) -> dict[str, wire.ThreadSummary]:
    """By root: how much was answered, when last, and by whom. Deleted answers do not count."""
    parts: dict[str, list[_Part]] = {}  # newest author first
    for part in map(_Part._make, _THREADS.rows(sql, {"ids": listed(ids)})):
        parts.setdefault(part.thread_id, []).append(part)
    return {
        root_id: wire.ThreadSummary(
            replies=sum(part.replies for part in of_root),
            last_at_ms=max(part.last_at_ms for part in of_root),
            user_ids=[part.author_id for part in of_root[:THREAD_FACES]],
        )
        for root_id, of_root in parts.items()
    }


def _mentions(stored: str | None) -> Any:  # Any: what it is, or msgspec's word for "left out"
    return UNSET if stored is None else msgspec.json.decode(stored, type=wire.Mentions)


def _if_set(value: Any) -> Any:  # Any: a column's value, or msgspec's word for "left out"
    return UNSET if value is None else value


_NAMES: Final = tuple(messages_with_authors().exported_columns.keys())
