"""The HTTP routes by which rooms are kept: roles, kicks, mutes, bans, invites, the log."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.ids import UserId
from chat.rooms.parts import RoomParts
from chat.rooms.routes import id_of_room
from chat.terms import Asker


def blueprint(parts: RoomParts, asker: Asker) -> Blueprint:
    """Return the routes; asker says who asks."""
    routes = Blueprint("keeping", __name__, url_prefix="/api/v1")
    _add_members(routes, parts, asker)
    _add_mutes(routes, parts, asker)
    _add_bans(routes, parts, asker)
    _add_invites(routes, parts, asker)
    _add_log(routes, parts, asker)
    return routes


def _add_members(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    moderation = parts.moderation

    @routes.patch("/rooms/<room_id>/members/<user_id>")
    def set_role(room_id: str, user_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.SetRole)
        room, user = id_of_room(room_id), _user(user_id)
        member = moderation.set_role(identity, room, user, asked.role)
        return http_edge.answer(wire.RoomMemberBody(member=member))

    @routes.delete("/rooms/<room_id>/members/<user_id>")
    def kick(room_id: str, user_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.KickQuery)
        moderation.kick(identity, id_of_room(room_id), _user(user_id), query.reason)
        return http_edge.nothing()


def _add_mutes(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    moderation = parts.moderation

    @routes.get("/rooms/<room_id>/mutes")
    def mutes(room_id: str) -> Response:
        return http_edge.answer(moderation.mutes(asker(), id_of_room(room_id)))

    @routes.post("/rooms/<room_id>/mutes")
    def mute(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.MuteMember)
        member = moderation.mute(identity, id_of_room(room_id), asked)
        return http_edge.answer(wire.RoomMemberBody(member=member), 201)

    @routes.delete("/rooms/<room_id>/mutes/<user_id>")
    def unmute(room_id: str, user_id: str) -> Response:
        moderation.unmute(asker(), id_of_room(room_id), _user(user_id))
        return http_edge.nothing()


def _add_bans(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    bans = parts.bans

    @routes.get("/rooms/<room_id>/bans")
    def banned(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.BansQuery)
        return http_edge.answer(bans.of(identity, id_of_room(room_id), query.scope))

    @routes.post("/rooms/<room_id>/bans")
    def ban(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.BanUser)
        ban = bans.ban(identity, id_of_room(room_id), asked)
        return http_edge.answer(wire.BanBody(ban=ban), 201)

    @routes.delete("/rooms/<room_id>/bans/<user_id>")
    def unban(room_id: str, user_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.BansQuery)
        bans.unban(identity, id_of_room(room_id), _user(user_id), query.scope)
        return http_edge.nothing()


def _add_invites(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    invites = parts.invites

    @routes.get("/rooms/<room_id>/invites")
    def listed(room_id: str) -> Response:
        return http_edge.answer(invites.of_room(asker(), id_of_room(room_id)))

    @routes.post("/rooms/<room_id>/invites")
    def make(room_id: str) -> Response:
        identity = asker()
        asked = http_edge.body_as(wire.NewInvite)
        invite = invites.make(identity, id_of_room(room_id), asked)
        return http_edge.answer(wire.InviteBody(invite=invite), 201)

    @routes.delete("/rooms/<room_id>/invites/<invite_id>")
    def revoke(room_id: str, invite_id: str) -> Response:
        identity = asker()
        invites.revoke(identity, id_of_room(room_id), wire.id_from_path(invite_id))
        return http_edge.nothing()

    @routes.post("/invites/<token>")
    def follow(token: str) -> Response:
        room = invites.follow(asker(), token)
        return http_edge.answer(wire.RoomBody(room=room))


def _add_log(routes: Blueprint, parts: RoomParts, asker: Asker) -> None:
    @routes.get("/rooms/<room_id>/audit")
    def audit(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.AuditQuery)
        return http_edge.answer(parts.audit.of_room(identity, id_of_room(room_id), query))


def _user(part: str) -> UserId:
    return UserId(wire.id_from_path(part))
