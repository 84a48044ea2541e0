"""The HTTP routes of rooms; their shapes are in wire.py, their rules in service.py."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response
from msgspec import UNSET
from msgspec.structs import replace

from chat import http_edge, wire
from chat.ids import RoomId, UserId
from chat.rooms.service import Rooms
from chat.terms import Asker

HereCounts = Callable[[UserId], Mapping[RoomId, int]]
"""here_counts(user id): how many members are here in each of his rooms, as far as it is known."""


def blueprint(rooms: Rooms, asker: Asker, here_counts: HereCounts) -> Blueprint:
    """Return the routes of `rooms`; asker says who asks."""
    routes = Blueprint("rooms", __name__, url_prefix="/api/v1/rooms")

    @routes.get("")
    def visible() -> Response:
        user_id = asker().user_id
        found, here = rooms.visible_to(user_id), here_counts(user_id)
        listed = [replace(room, here=here.get(RoomId(room.id), UNSET)) for room in found]
        return http_edge.answer(wire.RoomList(rooms=listed))

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
