"""The HTTP routes of messages; their shapes are in wire.py, their rules in service.py."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId
from chat.messages.service import Messages
from chat.terms import Asker


def blueprint(messages: Messages, asker: Asker) -> Blueprint:
    """Return the routes of `messages`; asker says who asks."""
    routes = Blueprint("messages", __name__, url_prefix="/api/v1/rooms/<room_id>/messages")

    @routes.get("")
    def history(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.HistoryQuery)
        page = messages.history(identity, RoomId(wire.id_from_path(room_id)), query)
        return http_edge.answer(page)

    @routes.post("")
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
