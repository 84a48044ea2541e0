"""Messages over the socket: `message:post` and `message:since`."""

from msgspec import UNSET

from chat import wire
from chat.acks import Acks
from chat.connections import LiveConnection
from chat.messages.service import Messages


def register(acks: Acks, messages: Messages) -> None:
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
