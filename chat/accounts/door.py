"""The door by which pages sign a browser in: the service and Flask's session in one step."""

from chat import wire
from chat.accounts.routes import browser, enter
from chat.accounts.service import Accounts


class Door:
    """Signs the browser of the request at hand up and in."""

    def __init__(self, accounts: Accounts) -> None:
        """Stand before `accounts`."""
        self._accounts = accounts

    def sign_up(self, asked: wire.SignUp) -> None:
        """Make the account; the browser at hand is signed in. Raises as Accounts.sign_up."""
        enter(self._accounts, self._accounts.sign_up(asked, browser()))

    def sign_in(self, username: str, password: str) -> None:
        """Sign in the browser at hand. Raises as Accounts.sign_in."""
        enter(self._accounts, self._accounts.sign_in(username, password, browser()))
