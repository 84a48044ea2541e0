"""The HTTP routes of rooms: what they are and who is in them; shapes in chat/wire, rules beside.

Moderation and invites have their routes in keeping.py.
"""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import RoomId
from chat.rooms.parts import RoomParts
from chat.terms import Asker


def blueprint(parts: RoomParts, asker: Asker) -> Blueprint:
    """Return the routes of rooms; asker says who asks."""
    routes = Blueprint("rooms", __name__, url_prefix="/api/v1")
    _add_rooms(routes, parts, asker)
    _add_settings(routes, parts, asker)
    _add_own_list(routes, parts, asker)
    return routes


def id_of_room(part: str) -> RoomId:
    """The part of an address as a room's id. Raises NotFound."""
    return RoomId(wire.id_from_path(part))


def _add_rooms(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    rooms = parts.rooms

    @routes.get("/rooms")
    def visible() -> Response:
        user_id = asker().user_id
        query = wire.request_from_query(request.args, wire.RoomsQuery)
        found = rooms.visible_to(user_id, archived=query.archived)
        return http_edge.answer(wire.RoomList(rooms=found))

    @routes.post("/rooms")
    def create() -> Response:
        room = rooms.create(asker(), http_edge.body_as(wire.CreateRoom))
        return http_edge.answer(wire.RoomBody(room=room), 201)

    @routes.post("/direct")
    def open_direct() -> Response:
        room, is_new = parts.direct.open(asker(), http_edge.body_as(wire.OpenDirect))
        return http_edge.answer(wire.RoomBody(room=room), 201 if is_new else 200)

    @routes.post("/rooms/<room_id>/join")
    def join(room_id: str) -> Response:
        room = rooms.join(asker(), id_of_room(room_id))
        return http_edge.answer(wire.RoomBody(room=room))

    @routes.post("/rooms/<room_id>/leave")
    def leave(room_id: str) -> Response:
        rooms.leave(asker(), id_of_room(room_id))
        return http_edge.answer(wire.Done())

    @routes.get("/rooms/<room_id>/members")
    def members(room_id: str) -> Response:
        return http_edge.answer(rooms.members(asker(), id_of_room(room_id)))

    @routes.post("/rooms/<room_id>/members")
    def add_member(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.AddMember)
        room = rooms.add_member(identity, id_of_room(room_id), asked.username)
        return http_edge.answer(wire.RoomBody(room=room))


def _add_settings(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    settings = parts.settings

    @routes.patch("/rooms/<room_id>")
    def change(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.ChangeRoom)
        room = settings.change(identity, id_of_room(room_id), asked)
        return http_edge.answer(wire.RoomBody(room=room))

    @routes.post("/rooms/<room_id>/archive")
    def archive(room_id: str) -> Response:
        room = settings.archive(asker(), id_of_room(room_id))
        return http_edge.answer(wire.RoomBody(room=room))

    @routes.delete("/rooms/<room_id>/archive")
    def restore(room_id: str) -> Response:
        room = settings.restore(asker(), id_of_room(room_id))
        return http_edge.answer(wire.RoomBody(room=room))


def _add_own_list(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    @routes.put("/rooms/<room_id>/place")
    def place(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.PlaceRoom)
        return http_edge.answer(parts.places.set(identity, id_of_room(room_id), asked))

    @routes.put("/room-order")
    def order() -> Response:
        identity = asker()
        return http_edge.answer(parts.places.order(identity, http_edge.body_as(wire.OrderRooms)))
