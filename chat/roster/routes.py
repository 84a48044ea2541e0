"""The HTTP routes of presence; their shapes are in wire.py, their rules in service.py."""

from flask import Blueprint, Response

from chat import http_edge, wire
from chat.ids import RoomId, UserId
from chat.roster.service import Roster
from chat.terms import Asker


def blueprint(roster: Roster, asker: Asker) -> Blueprint:
    """Return the routes of `roster`; asker says who asks."""
    routes = Blueprint("roster", __name__, url_prefix="/api/v1")

    @routes.get("/rooms/<room_id>/roster")
    def of_room(room_id: str) -> Response:
        return http_edge.answer(roster.of_room(asker(), RoomId(wire.id_from_path(room_id))))

    @routes.get("/users/<user_id>/presence")
    def of_user(user_id: str) -> Response:
        return http_edge.answer(roster.of_user(asker(), UserId(wire.id_from_path(user_id))))

    return routes
