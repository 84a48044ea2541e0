"""The HTTP routes of accounts and sessions; their shapes are in chat/wire, their rules below."""

from flask import Blueprint, Response, request
from flask_wtf.csrf import generate_csrf

from chat import http_edge, wire
from chat.accounts.door import Door
from chat.accounts.service import Accounts, User
from chat.accounts.session_store import stored_session
from chat.accounts.sessions import Session
from chat.ids import SessionId
from chat.terms import Asker, Identity

REVOKED = "revoked"


def blueprint(accounts: Accounts, door: Door, asker: Asker) -> Blueprint:
    """Return the routes of `accounts`; door is the browser's, asker says who asks."""
    routes = Blueprint("accounts", __name__, url_prefix="/api/v1")

    @routes.get("/session")
    def session() -> Response:
        identity = accounts.identify(stored_session())
        return http_edge.answer(wire.SessionBody(_person_of(identity), generate_csrf()))

    @routes.post("/accounts")
    def sign_up() -> Response:
        user = door.sign_up(http_edge.body_as(wire.SignUp))
        return http_edge.answer(_entered(user), 201)

    @routes.post("/session")
    def sign_in() -> Response:
        asked = http_edge.body_as(wire.SignIn)
        return http_edge.answer(_entered(door.sign_in(asked.username, asked.password)))

    @routes.delete("/session")
    def sign_out() -> Response:
        door.sign_out()
        return http_edge.nothing()

    _add_own(routes, accounts, asker)
    return routes


def _add_own(routes: Blueprint, accounts: Accounts, asker: Asker) -> None:
    """What one may do to one's own account and devices."""

    @routes.post("/password")
    def change_password() -> Response:
        identity, asked = asker(), http_edge.body_as(wire.ChangePassword)
        accounts.change_password(identity, asked.old, asked.new, request.remote_addr or "")
        return http_edge.nothing()

    @routes.get("/sessions")
    def sessions() -> Response:
        identity = asker()
        kept = accounts.sessions.of_user(identity.user_id)
        return http_edge.answer(wire.DeviceList([_device(one, identity) for one in kept]))

    @routes.delete("/sessions/<session_id>")
    def end_one(session_id: str) -> Response:
        ended = SessionId(wire.id_from_path(session_id))
        accounts.sessions.end_of_user(asker().user_id, ended, REVOKED)
        return http_edge.nothing()

    @routes.delete("/sessions")
    def end_others() -> Response:
        identity = asker()
        accounts.sessions.end_others(identity.user_id, identity.session_id, REVOKED)
        return http_edge.nothing()


def _entered(user: User) -> wire.UserBody:
    return wire.UserBody(wire.Person(user.id, user.username, user.display_name), generate_csrf())


def _person_of(identity: Identity | None) -> wire.Person | None:
    if identity is None:
        return None
    return wire.Person(identity.user_id, identity.username, identity.display_name)


def _device(session: Session, asked_by: Identity) -> wire.Device:
    return wire.Device(
        id=session.id,
        user_agent=session.user_agent,
        created_at_ms=session.created_at_ms,
        seen_at_ms=session.seen_at_ms,
        expires_at_ms=session.expires_at_ms,
        is_current=session.id == asked_by.session_id,
    )
