"""The door for the browser of the request at hand: comes in, goes out, under a cookie of its own.

Used by the API's routes and by the pages' forms. Whoever signs in leaves first: a browser holds one
session, under a cookie value that nobody knew before.
"""

from flask import request
from flask_wtf.csrf import generate_csrf

from chat import wire
from chat.accounts.service import Accounts, Browser, SignedIn, User
from chat.accounts.session_store import stored_session
from chat.accounts.sessions import SESSION_ID
from chat.ids import SessionId

SIGNED_OUT = "signed_out"


class Door:
    """Signs the browser of the request at hand in and out."""

    def __init__(self, accounts: Accounts) -> None:
        """accounts decides who may come in."""
        self._accounts = accounts

    def sign_up(self, asked: wire.SignUp) -> User:
        """Make the account; the browser at hand is signed in. Raises as Accounts.sign_up does."""
        return self._enter(self._accounts.sign_up(asked, _browser()))

    def sign_in(self, username: str, password: str) -> User:
        """Sign in the browser at hand. Raises as Accounts.sign_in does."""
        return self._enter(self._accounts.sign_in(username, password, _browser()))

    def sign_out(self) -> None:
        """End the session of the browser at hand, if it has one, and forget what it kept."""
        session = stored_session()
        session_id = session.get(SESSION_ID)
        if isinstance(session_id, str):
            self._accounts.sessions.end(SessionId(session_id), SIGNED_OUT)
        session.clear()

    def _enter(self, signed_in: SignedIn) -> User:
        self.sign_out()
        stored_session().begin(signed_in.begun)
        return signed_in.user


def _browser() -> Browser:
    """Return where the request comes from; its CSRF seed goes over into the new session."""
    generate_csrf()  # makes a seed if there is none yet
    user_agent = request.headers.get("User-Agent", "")
    return Browser(request.remote_addr or "", user_agent, stored_session().csrf_seed)
