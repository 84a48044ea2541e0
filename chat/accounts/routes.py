"""The HTTP routes of accounts and sessions; their shapes are in wire.py, their rules below."""

from flask import Blueprint, Response, request
from flask_wtf.csrf import generate_csrf

from chat import http_edge, wire
from chat.accounts.service import Accounts, Browser, SignedIn
from chat.accounts.session_store import stored_session
from chat.accounts.sessions import SESSION_ID, Session
from chat.ids import SessionId
from chat.terms import Asker, Identity

SIGNED_OUT, REVOKED = "signed_out", "revoked"


def blueprint(accounts: Accounts, asker: Asker) -> Blueprint:
    """Return the routes of `accounts`; asker says who asks."""
    routes = Blueprint("accounts", __name__, url_prefix="/api/v1")

    @routes.get("/session")
    def session() -> Response:
        identity = accounts.identify(stored_session())
        return http_edge.answer(wire.SessionBody(_person_of(identity), generate_csrf()))

    @routes.post("/accounts")
    def sign_up() -> Response:
        signed_in = accounts.sign_up(http_edge.body_as(wire.SignUp), browser())
        return http_edge.answer(_entered(accounts, signed_in), 201)

    @routes.post("/session")
    def sign_in() -> Response:
        asked = http_edge.body_as(wire.SignIn)
        signed_in = accounts.sign_in(asked.username, asked.password, browser())
        return http_edge.answer(_entered(accounts, signed_in))

    @routes.delete("/session")
    def sign_out() -> Response:
        leave(accounts)
        return http_edge.nothing()

    @routes.get("/sessions")
    def sessions() -> Response:
        identity = asker()
        kept = accounts.sessions.of_user(identity.user_id)
        return http_edge.answer(wire.DeviceList([_device(one, identity) for one in kept]))

    @routes.delete("/sessions/<session_id>")
    def end_one(session_id: SessionId) -> Response:
        accounts.sessions.end_of_user(asker().user_id, session_id, REVOKED)
        return http_edge.nothing()

    @routes.delete("/sessions")
    def end_others() -> Response:
        identity = asker()
        accounts.sessions.end_others(identity.user_id, identity.session_id, REVOKED)
        return http_edge.nothing()

    return routes


def browser() -> Browser:
    """Return where the request at hand comes from; its session gets a CSRF seed if it has none."""
    generate_csrf()
    user_agent = request.headers.get("User-Agent", "")
    return Browser(request.remote_addr or "", user_agent, stored_session().csrf_seed)


def enter(accounts: Accounts, signed_in: SignedIn) -> None:
    """Make the browser of the request at hand that of the new session, under a new cookie."""
    leave(accounts)
    stored_session().begin(signed_in.begun)


def leave(accounts: Accounts) -> None:
    """End the session of the request at hand, if there is one, and forget what it kept."""
    session = stored_session()
    session_id = session.get(SESSION_ID)
    if isinstance(session_id, str):
        accounts.sessions.end(SessionId(session_id), SIGNED_OUT)
    session.clear()


def _entered(accounts: Accounts, signed_in: SignedIn) -> wire.UserBody:
    enter(accounts, signed_in)
    user = signed_in.user
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
