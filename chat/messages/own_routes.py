"""The HTTP routes of what a user has read and keeps for himself; shapes are in chat/wire."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId
from chat.messages.kept import Kept
from chat.messages.reading import Reading
from chat.terms import Asker


def blueprint(reading: Reading, kept: Kept, asker: Asker) -> Blueprint:
    """Return the routes; asker says who asks."""
    routes = Blueprint("reading", __name__, url_prefix="/api/v1")
    _add_reading(routes, reading, asker)
    _add_kept(routes, kept, asker)
    return routes


def _add_reading(routes: Blueprint, reading: Reading, asker: Asker) -> None:
    @routes.post("/rooms/<room_id>/read")
    def read(room_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.ReadTo)
        asked = wire.MessageRead(wire.id_from_path(room_id), body.seq, body.thread_id)
        return http_edge.answer(reading.read(identity, asked))

    @routes.post("/rooms/<room_id>/unread")
    def unread(room_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.UnreadFrom)
        asked = wire.MessageUnread(wire.id_from_path(room_id), body.seq)
        return http_edge.answer(reading.mark_unread(identity, asked))

    @routes.get("/rooms/<room_id>/receipts")
    def receipts(room_id: str) -> Response:
        identity = asker()
        return http_edge.answer(reading.receipts(identity, RoomId(wire.id_from_path(room_id))))

    @routes.get("/threads")
    def threads() -> Response:
        return http_edge.answer(reading.threads(asker()))

    @routes.get("/reading-settings")
    def settings() -> Response:
        return http_edge.answer(reading.settings(asker()))

    @routes.patch("/reading-settings")
    def change_settings() -> Response:
        identity, body = asker(), http_edge.body_as(wire.ReadingChange)
        return http_edge.answer(reading.change_settings(identity, body))


def _add_kept(routes: Blueprint, kept: Kept, asker: Asker) -> None:
    @routes.post("/messages/<message_id>/save")
    def save(message_id: str) -> Response:
        identity, body = asker(), http_edge.body_as(wire.Toggle)
        kept.save(identity, wire.MessageSave(wire.id_from_path(message_id), body.on))
        return http_edge.answer(wire.Done())

    @routes.get("/saved")
    def saved() -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.PageQuery)
        return http_edge.answer(kept.saved(identity, query))

    @routes.get("/drafts")
    def drafts() -> Response:
        return http_edge.answer(kept.drafts(asker()))

    @routes.post("/drafts")
    def set_draft() -> Response:
        identity, body = asker(), http_edge.body_as(wire.DraftSet)
        return http_edge.answer(kept.set_draft(identity, body))
