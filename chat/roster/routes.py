"""The HTTP routes of presence; their shapes are in chat/wire, their rules in service.py."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId, UserId
from chat.roster.service import Roster
from chat.roster.statuses import Statuses
from chat.terms import Asker


def blueprint(roster: Roster, statuses: Statuses, asker: Asker) -> Blueprint:
    """Return the routes of `roster` and `statuses`; asker says who asks."""
    routes = Blueprint("roster", __name__, url_prefix="/api/v1")

    @routes.get("/rooms/<room_id>/roster")
    def of_room(room_id: str) -> Response:
        return http_edge.answer(roster.of_room(asker(), RoomId(wire.id_from_path(room_id))))

    @routes.get("/users/<user_id>/presence")
    def of_user(user_id: str) -> Response:
        who, of = asker(), UserId(wire.id_from_path(user_id))
        query = wire.request_from_query(request.args, wire.PresenceQuery)
        told = statuses.explained(who, of) if query.why else roster.of_user(who, of)
        return http_edge.answer(told)

    return routes
