"""The HTTP route of retention; its shape is in chat/wire, its rules in the service."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId
from chat.retention.service import Retention
from chat.terms import Asker


def blueprint(retention: Retention, asker: Asker) -> Blueprint:
    """Return the route; asker says who asks."""
    routes = Blueprint("retention", __name__, url_prefix="/api/v1/rooms/<room_id>")

    @routes.get("/removal")
    def removal(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.RemovalQuery)
        found = RoomId(wire.id_from_path(room_id))
        return http_edge.answer(retention.preview(identity, found, query))

    return routes
