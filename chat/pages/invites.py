"""The page of an invite: the room's name and one button; without an account, through sign-up first.

Rule of this file: nobody learns what an invite leads to before he is signed in, and looking joins
nothing: following a link is a GET, and previews follow links.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chat import wire
from chat.errors import ChatError, RateLimited
from chat.pages import sentences
from chat.pages.assets import Assets
from chat.pages.routes import asker_or_none, invite_path, looks
from chat.terms import Asker, Identity


class Invites(Protocol):
    """What an invite's token opens; both raise NotFound, RateLimited."""

    def look(self, asker: Identity, token: str) -> wire.RoomFacts:
        """What the room is that the invite leads into."""

    def follow(self, joiner: Identity, token: str) -> wire.Room:
        """The user is a member of that room. Raises BannedFromRoom, Archived."""


def blueprint(invites: Invites, asker: Asker, assets: Assets, *, may_sign_up: bool) -> Blueprint:
    """Return the routes of the page."""
    routes = Blueprint("invites", __name__)
    door = "pages.sign_up" if may_sign_up else "pages.sign_in"

    def through_the_door(token: str, enter: Callable[[Identity], BaseResponse]) -> BaseResponse:
        identity = asker_or_none(asker)
        if identity is None:
            return redirect(url_for(door, next=invite_path(token)))
        try:
            return enter(identity)
        except RateLimited:
            raise
        except ChatError as refusal:
            return _page(assets, None, refusal)

    @routes.get("/invite/<token>")
    def show(token: str) -> BaseResponse:
        return through_the_door(
            token, lambda identity: _page(assets, invites.look(identity, token))
        )

    @routes.post("/invite/<token>")
    def join(token: str) -> BaseResponse:
        return through_the_door(token, lambda identity: _inside(invites.follow(identity, token)))

    return routes


def _inside(room: wire.Room) -> BaseResponse:
    return redirect(url_for("pages.shell", room_id=room.id), HTTPStatus.SEE_OTHER)


def _page(
    assets: Assets, room: wire.RoomFacts | None, refusal: ChatError | None = None
) -> BaseResponse:
    said = sentences.for_invite(refusal) if refusal else ""
    page = render_template("invite.html", room=room, refusal=said, **looks(assets))
    return make_response(page, refusal.status if refusal else HTTPStatus.OK)
