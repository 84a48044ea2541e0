"""The HTTP routes of messages; their shapes are in chat/wire, their rules in the services."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId
from chat.messages.changes import Changes
from chat.messages.mentions import Mentions
from chat.messages.service import Messages
from chat.terms import Asker


def blueprint(messages: Messages, mentions: Mentions, asker: Asker) -> Blueprint:
    """Return the routes of rooms' messages; asker says who asks."""
    routes = Blueprint("messages", __name__, url_prefix="/api/v1/rooms/<room_id>")

    @routes.get("/messages")
    def history(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.RoomHistoryQuery)
        page = messages.history(identity, RoomId(wire.id_from_path(room_id)), query)
        return http_edge.answer(page)

    @routes.get("/mention-preview")
    def preview(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.MentionQuery)
        found = RoomId(wire.id_from_path(room_id))
        return http_edge.answer(mentions.preview(identity.user_id, found, query.body))

    @routes.get("/pins")
    def pins(room_id: str) -> Response:
        identity = asker()
        return http_edge.answer(messages.pinned(identity, RoomId(wire.id_from_path(room_id))))

    @routes.post("/messages")
    def post(room_id: str) -> Response:
        identity = asker()
        body = http_edge.body_as(wire.PostToRoom)
        asked = wire.MessagePost(
            room_id=wire.id_from_path(room_id),
            client_id=body.client_id,
            body=body.body,
            reply_to=body.reply_to,
            thread_id=body.thread_id,
        )
        message, is_new = messages.post(identity, asked)
        return http_edge.answer(wire.MessageBody(message=message), 201 if is_new else 200)

    return routes


def blueprint_of_one(messages: Messages, changes: Changes, asker: Asker) -> Blueprint:
    """Return the routes of single messages; asker says who asks."""
    routes = Blueprint("message", __name__, url_prefix="/api/v1/messages/<message_id>")

    @routes.get("")
    def get(message_id: str) -> Response:
        return _message(messages.get(asker(), wire.id_from_path(message_id)))

    @routes.get("/history")
    def versions(message_id: str) -> Response:
        return http_edge.answer(messages.versions(asker(), wire.id_from_path(message_id)))

    @routes.get("/thread")
    def thread(message_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.HistoryQuery)
        return http_edge.answer(messages.thread(identity, wire.id_from_path(message_id), query))

    _add_changes(routes, changes, asker)
    return routes


def _add_changes(routes: Blueprint, changes: Changes, asker: Asker) -> None:
    @routes.patch("")
    def edit(message_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.EditMessage)
        asked = wire.MessageEdit(wire.id_from_path(message_id), body.body, body.body_rev)
        return _message(changes.edit(identity, asked))

    @routes.delete("")
    def delete(message_id: str) -> Response:
        return _message(changes.delete(asker(), wire.id_from_path(message_id)))

    @routes.post("/reactions")
    def react(message_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.React)
        asked = wire.MessageReact(wire.id_from_path(message_id), body.emoji, body.on)
        return _message(changes.react(identity, asked))

    @routes.post("/pin")
    def pin(message_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.Toggle)
        asked = wire.MessagePin(wire.id_from_path(message_id), body.on)
        return _message(changes.pin(identity, asked))


def _message(message: wire.Message) -> Response:
    return http_edge.answer(wire.MessageBody(message=message))
