# ruff: noqa: N818  (a code reads as what happened: raise NotMember, not NotMemberError)
"""The error tree: every way in which Rollcall refuses, with its code and HTTP status.

    ChatError
    |- Invalid 400 invalid (field)            |- UsernameTaken 409 username_taken
    |- CsrfFailed 403 csrf_failed             |- RoomNameTaken 409 room_name_taken
    |- NotSignedIn 401 not_signed_in          |- TooLarge 413 too_large
    |- WrongPassword 401 wrong_password       |- UnsupportedMediaType 415 unsupported_media_type
    |- WrongOrigin 403 wrong_origin           |- TooManyAttempts 429 too_many_attempts
    |- Banned 403 banned                      |- RateLimited 429 rate_limited
    |- Forbidden 403 forbidden                |- TooManyConnections 429 too_many_connections
    |- NotMember 403 not_member               |- UnknownEvent 400 unknown_event (acks only)
    |- SignUpClosed 403 sign_up_closed        |- Draining 503 draining, temporary
    |- NotFound 404 not_found                 |- Unavailable 503 unavailable, temporary
    |- MethodNotAllowed 405                   |- Internal 500 internal, temporary
    |- Stale 409 stale
    |- ReadOnly 403 read_only                 |- BannedFromRoom 403 banned_from_room
    |- Muted 403 muted (retry_after_s)        |- LastOwner 409 last_owner
    |- Archived 409 archived                  |- RoomFull 409 room_full
    |- SlowMode 429 slow_mode, temporary      |- ClientIdUsed 409 client_id_used
    |- SearchTooSlow 503 search_too_slow, temporary

HTTP and acks share one body, as_body(). A client decides by `code` and `temporary` alone.
Rule of this file: a class is one code; the sentence is built where the facts are known.
"""

from typing import Any, ClassVar

from redis.exceptions import RedisError


class ChatError(Exception):
    """A refusal with a code. `temporary` says that the same call may work later, unchanged."""

    code: ClassVar[str]
    status: ClassVar[int]
    temporary: ClassVar[bool] = False
    sentence: ClassVar[str]

    def __init__(
        self, message: str = "", *, field: str | None = None, retry_after_s: int | None = None
    ) -> None:
        """message is one English sentence; empty takes the class's own. Never a secret in it."""
        self.message = message or self.sentence
        self.field = field
        self.retry_after_s = retry_after_s
        super().__init__(self.message)

    def as_body(self) -> dict[str, dict[str, Any]]:  # the values are str, bool and int
        """Return the one shape in which HTTP bodies and acks tell of an error."""
        body: dict[str, Any] = {  # the same
            "code": self.code,
            "message": self.message,
            "temporary": self.temporary,
        }
        if self.field is not None:
            body["field"] = self.field
        if self.retry_after_s is not None:
            body["retry_after_s"] = self.retry_after_s
        return {"error": body}


class Invalid(ChatError):
    """The input cannot be used; field names the part of it that is wrong."""

    code, status, sentence = "invalid", 400, "The request cannot be understood."


class CsrfFailed(ChatError):
    """The anti-forgery token is missing, foreign or older than the session."""

    code, status = "csrf_failed", 403
    sentence = "The X-CSRF-Token is missing or not of this session: ask GET /api/v1/session for it."


class NotSignedIn(ChatError):
    """There is no session, or it has ended."""

    code, status, sentence = "not_signed_in", 401, "Sign in first."


class WrongPassword(ChatError):
    """Name and password do not fit; which of them is wrong is not told."""

    code, status, sentence = "wrong_password", 401, "The username or the password is wrong."


class WrongOrigin(ChatError):
    """Another site's page asked."""

    code, status, sentence = "wrong_origin", 403, "Requests from that origin are refused."


class Banned(ChatError):
    """The account was shut out."""

    code, status, sentence = "banned", 403, "This account is banned."


class Forbidden(ChatError):
    """The user may see it but not do it."""

    code, status, sentence = "forbidden", 403, "You may not do that."


class NotMember(ChatError):
    """The room may be seen but its content is for members."""

    code, status, sentence = "not_member", 403, "Join the room first."


class ReadOnly(ChatError):
    """The member's role in the room is to read."""

    code, status, sentence = "read_only", 403, "You may read in this room, not write."


class Muted(ChatError):
    """The member may not write in the room for a while; retry_after_s says how long."""

    code, status, sentence = "muted", 403, "You are muted in this room."


class BannedFromRoom(ChatError):
    """The user was shut out of the room; retry_after_s says how long, if it ends."""

    code, status, sentence = "banned_from_room", 403, "Banned from this room."


class SignUpClosed(ChatError):
    """Accounts are made by the operator here."""

    code, status, sentence = "sign_up_closed", 403, "Nobody can sign up here: ask the operator."


class NotFound(ChatError):
    """There is no such thing, or it is not for this user to know about."""

    code, status, sentence = "not_found", 404, "There is no such thing here."


class MethodNotAllowed(ChatError):
    """The address exists, the method does not."""

    code, status, sentence = "method_not_allowed", 405, "That method is not possible here."


class UsernameTaken(ChatError):
    """Another account has a name that reads the same."""

    code, status, sentence = "username_taken", 409, "That username is taken."


class RoomNameTaken(ChatError):
    """Another room has a name that reads the same."""

    code, status, sentence = "room_name_taken", 409, "A room of that name exists."


class Stale(ChatError):
    """What was to be changed says something newer by now."""

    code, status, sentence = "stale", 409, "It was changed meanwhile: look at it again first."


class Archived(ChatError):
    """The room was put away: it can be read, and nothing in it changes."""

    code, status, sentence = "archived", 409, "This room is archived."


class ClientIdUsed(ChatError):
    """The author posted another text under that client id in the room; nothing was stored."""

    code, status, sentence = "client_id_used", 409, "That client id belongs to another message."


class LastOwner(ChatError):
    """A room that has members has an owner: make another one first."""

    code, status, sentence = "last_owner", 409, "Make somebody else an owner first."


class RoomFull(ChatError):
    """The room holds all the people it may."""

    code, status, sentence = "room_full", 409, "There is no place left."


class TooLarge(ChatError):
    """The body is over the limit."""

    code, status, sentence = "too_large", 413, "The request is too large."


class UnsupportedMediaType(ChatError):
    """The body is not in the form that this address takes."""

    code, status, sentence = "unsupported_media_type", 415, "Send application/json."


class TooManyAttempts(ChatError):
    """Signing in or up was tried too often; retry_after_s says when to come back."""

    code, status, temporary = "too_many_attempts", 429, True
    sentence = "Too many attempts: wait a little."


class RateLimited(ChatError):
    """Calls or events come faster than the bucket refills."""

    code, status, temporary = "rate_limited", 429, True
    sentence = "Too fast: wait a little."


class SlowMode(ChatError):
    """In this room everybody waits between two messages; retry_after_s says how long."""

    code, status, temporary = "slow_mode", 429, True
    sentence = "Slow mode: wait a little before the next message."


class SlowModeMet(SlowMode):
    """Two posts of one member met, and this one has taken a seq: what was begun is rolled back."""


class SearchTooSlow(ChatError):
    """The search did not end within its time; nothing was changed."""

    code, status, temporary = "search_too_slow", 503, True
    sentence = "The search took too long: add a word or a filter."


class TooManyConnections(ChatError):
    """The user, or the server, holds all the connections it may."""

    code, status, temporary = "too_many_connections", 429, True
    sentence = "There are too many connections."


class UnknownEvent(ChatError):
    """No such event exists."""

    code, status, sentence = "unknown_event", 400, "There is no such event."


class Draining(ChatError):
    """This worker is about to end; another one will serve."""

    code, status, temporary = "draining", 503, True
    sentence = "This server is restarting: connect again."


class Unavailable(ChatError):
    """Something Rollcall depends on is away for now; nothing was changed."""

    code, status, temporary = "unavailable", 503, True
    sentence = "Part of the server is away for the moment: try again soon."


class Internal(ChatError):
    """A defect of ours; the log has the traceback under the reference in the message."""

    code, status, temporary = "internal", 500, True
    sentence = "Something went wrong on the server."


def from_exception(error: BaseException) -> ChatError:
    """Return what a client is told of any exception: itself, a dependency's absence, a defect."""
    if isinstance(error, ChatError):
        return error
    if isinstance(error, RedisError):
        return Unavailable(retry_after_s=1)
    return Internal()


def all_errors() -> list[type[ChatError]]:
    """Return every error class, in the order of this file; docs and tests read it."""
    return list(ChatError.__subclasses__())
