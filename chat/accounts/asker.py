"""Who makes the HTTP request at hand, asked once a request."""

from flask import g

from chat.accounts.service import Accounts
from chat.accounts.session_store import stored_session
from chat.errors import NotSignedIn
from chat.terms import Asker, Identity


def asker_of(accounts: Accounts) -> Asker:
    """Return the function by which routes of all features learn who asks."""

    def ask() -> Identity:
        if "identity" not in g:
            g.identity = accounts.identify(stored_session())
        identity: Identity | None = g.identity
        if identity is None:
            raise NotSignedIn
        return identity

    return ask
