"""Accounts, sessions and devices on the wire."""

from typing import Annotated

from msgspec import Meta

from chat.wire.shapes import Answer, Person, Request

USERNAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{1,31}\Z"
PASSWORD_MIN = 8
PASSWORD_MAX = 1024

Username = Annotated[str, Meta(pattern=USERNAME_PATTERN)]
Password = Annotated[str, Meta(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]


class SignUp(Request, frozen=True):
    username: Username
    password: Password
    display_name: str | None = None


class SignIn(Request, frozen=True):
    """The name and password as typed: any string, so that a wrong one is `wrong_password`."""

    username: Annotated[str, Meta(max_length=256)]
    password: Annotated[str, Meta(max_length=PASSWORD_MAX)]


class ChangePassword(Request, frozen=True):
    """old is as typed: a wrong one is `wrong_password`."""

    old: Annotated[str, Meta(max_length=PASSWORD_MAX)]
    new: Password


class UserBody(Answer, frozen=True):
    """The answer of sign-up and sign-in; csrf_token is that of the new session."""

    user: Person
    csrf_token: str


class SessionBody(Answer, frozen=True):
    """Who is signed in, and the token that unsafe calls carry in X-CSRF-Token."""

    user: Person | None
    csrf_token: str


class Device(Answer, frozen=True):
    """One signed-in browser of the asker; is_current says that it is the one asking."""

    id: str
    user_agent: str
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int
    is_current: bool


class DeviceList(Answer, frozen=True):
    sessions: list[Device]
