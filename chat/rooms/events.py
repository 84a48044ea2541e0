"""Rooms over the socket: `message:read`, the place up to which a member has read."""

from chat import wire
from chat.acks import Acks
from chat.connections import LiveConnection
from chat.fanout import Fanout
from chat.ids import RoomId
from chat.rooms.service import Rooms


def register(acks: Acks, rooms: Rooms, fanout: Fanout) -> None:
    """The events of rooms are answered."""

    def on_read(connection: LiveConnection, request: wire.MessageRead) -> wire.Done:
        room_id = RoomId(request.room_id)
        seq = rooms.read_up_to(connection.identity, room_id, request.seq)
        read = wire.RoomRead(room_id=room_id, seq=seq)
        fanout.to_user(connection.user_id, "room:read", read)
        return wire.Done()

    acks.register("message:read", wire.MessageRead, on_read)
