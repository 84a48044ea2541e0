"""The HTTP routes of rooms; their shapes are in wire.py, their rules in service.py."""

from flask import Blueprint, Response

from chat import http_edge, wire
from chat.ids import RoomId
from chat.rooms.service import Rooms
from chat.terms import Asker


def blueprint(rooms: Rooms, asker: Asker) -> Blueprint:
    """Return the routes of `rooms`; asker says who asks."""
    routes = Blueprint("rooms", __name__, url_prefix="/api/v1/rooms")

    @routes.get("")
    def visible() -> Response:
        return http_edge.answer(wire.RoomList(rooms=rooms.visible_to(asker().user_id)))

    @routes.post("")
    def create() -> Response:
        room = rooms.create(asker(), http_edge.body_as(wire.CreateRoom))
        return http_edge.answer(wire.RoomBody(room=room), 201)

    @routes.post("/<room_id>/join")
    def join(room_id: str) -> Response:
        return http_edge.answer(wire.RoomBody(room=rooms.join(asker(), _id(room_id))))

    @routes.post("/<room_id>/leave")
    def leave(room_id: str) -> Response:
        rooms.leave(asker(), _id(room_id))
        return http_edge.answer(wire.Done())

    @routes.post("/<room_id>/members")
    def add_member(room_id: str) -> Response:
        identity = asker()
        request = http_edge.body_as(wire.AddMember)
        room = rooms.add_member(identity, _id(room_id), request.username)
        return http_edge.answer(wire.RoomBody(room=room))

    return routes


def _id(part: str) -> RoomId:
    return RoomId(wire.id_from_path(part))
