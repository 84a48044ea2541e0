"""Messages over the socket: `message:post`, `message:since`, and the changes of messages."""

from msgspec import UNSET

from chat import wire
from chat.acks import Acks
from chat.connections import LiveConnection
from chat.messages.changes import Changes
from chat.messages.kept import Kept
from chat.messages.reading import Reading
from chat.messages.service import Messages


def register(acks: Acks, messages: Messages, changes: Changes) -> None:
    """The events of messages are answered."""

    def on_post(connection: LiveConnection, request: wire.MessagePost) -> wire.Posted:
        message, is_new = messages.post(connection.identity, request)
        return wire.Posted(
            id=message.id,
            seq=message.seq,
            at_ms=message.at_ms,
            rev=message.rev,
            again=UNSET if is_new else True,
        )

    def on_since(connection: LiveConnection, request: wire.MessageSince) -> wire.Since:
        return messages.since(connection.identity, request)

    acks.register("message:post", wire.MessagePost, on_post)
    acks.register("message:since", wire.MessageSince, on_since)
    _register_changes(acks, changes)


def _register_changes(acks: Acks, changes: Changes) -> None:
    def on_edit(connection: LiveConnection, request: wire.MessageEdit) -> wire.Changed:
        return _changed(changes.edit(connection.identity, request))

    def on_delete(connection: LiveConnection, request: wire.MessageDelete) -> wire.Changed:
        return _changed(changes.delete(connection.identity, request.message_id))

    def on_react(connection: LiveConnection, request: wire.MessageReact) -> wire.Changed:
        return _changed(changes.react(connection.identity, request))

    def on_pin(connection: LiveConnection, request: wire.MessagePin) -> wire.Changed:
        return _changed(changes.pin(connection.identity, request))

    acks.register("message:edit", wire.MessageEdit, on_edit)
    acks.register("message:delete", wire.MessageDelete, on_delete)
    acks.register("message:react", wire.MessageReact, on_react)
    acks.register("message:pin", wire.MessagePin, on_pin)


def _changed(message: wire.Message) -> wire.Changed:
    return wire.Changed(seq=message.seq, rev=message.rev)


def register_reading(acks: Acks, reading: Reading, kept: Kept) -> None:
    """The events of what a user has read, writes and keeps are answered."""

    def on_read(connection: LiveConnection, request: wire.MessageRead) -> wire.RoomRead:
        return reading.read(connection.identity, request)

    def on_unread(connection: LiveConnection, request: wire.MessageUnread) -> wire.RoomRead:
        return reading.mark_unread(connection.identity, request)

    def on_typing(connection: LiveConnection, request: wire.MessageTyping) -> wire.Done:
        reading.typing(connection.identity, connection.rooms, request)
        return wire.Done()

    def on_save(connection: LiveConnection, request: wire.MessageSave) -> wire.Done:
        kept.save(connection.identity, request)
        return wire.Done()

    def on_draft(connection: LiveConnection, request: wire.DraftSet) -> wire.Draft:
        return kept.set_draft(connection.identity, request)

    acks.register("message:read", wire.MessageRead, on_read)
    acks.register("message:unread", wire.MessageUnread, on_unread)
    acks.register("message:typing", wire.MessageTyping, on_typing)
    acks.register("message:save", wire.MessageSave, on_save)
    acks.register("draft:set", wire.DraftSet, on_draft)
