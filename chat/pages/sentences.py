"""Refusals in the reader's language, for forms and error pages; web/errors.js is its counterpart.

Rule of this file: what is said depends on the code and the field alone.
"""

import flask_babel

from chat import wire
from chat.errors import ChatError
from chat.text import NAME_MAX


def _(sentence: str, **values: object) -> str:
    return str(flask_babel.gettext(sentence, **values))


def for_field(refusal: ChatError) -> str:
    """Return what to say beside the form's field that the refusal names."""
    sentences = {
        "username": _(
            "A username has 2 to 32 letters, digits, dots, dashes or underscores, and begins with "
            "a letter or a digit."
        ),
        "password": _(
            "A password has %(least)d to %(most)d characters.",
            least=wire.PASSWORD_MIN,
            most=wire.PASSWORD_MAX,
        ),
        "display_name": _(
            "A name has at most %(most)d characters, all of which can be seen.", most=NAME_MAX
        ),
    }
    if refusal.code == "username_taken":
        return _("This username is taken.")
    return sentences.get(refusal.field or "") or refusal.message


def for_form(refusal: ChatError) -> str:
    """Return what to say above the whole form."""
    if refusal.retry_after_s is not None:
        return _("Too many attempts.") + " " + wait(refusal.retry_after_s)
    sentences = {
        "wrong_password": _("The username or the password is wrong."),
        "banned": _("This account is banned. Please ask the operator."),
        "sign_up_closed": _("Nobody can sign up here by themselves. Please ask the operator."),
        "too_many_attempts": _("Too many attempts."),
    }
    return sentences.get(refusal.code) or for_page(refusal)[1]


def for_invite(refusal: ChatError) -> str:
    """Return why an invite leads nowhere."""
    sentences = {
        "not_found": _("It has run out or was taken back. Ask whoever sent it for a new one."),
        "banned_from_room": _("You were banned from this room."),
        "archived": _("This room is archived."),
    }
    return sentences.get(refusal.code) or for_page(refusal)[1]


def for_page(refusal: ChatError) -> tuple[str, str]:
    """Return title and sentence of the page that tells of the refusal."""
    titles = {
        "not_found": (
            _("This page does not exist"),
            _("The address may be mistyped, or what stood here is gone."),
        ),
        "csrf_failed": (
            _("This page has grown old"),
            _("Please go back, reload it and try again."),
        ),
        "not_signed_in": (_("You are signed out"), _("Please sign in first.")),
        "banned": (
            _("This account is banned"),
            _("This account is banned. Please ask the operator."),
        ),
        "too_large": (_("This is too large"), _("The server does not take that much at once.")),
        "unavailable": (
            _("Rollcall is not ready right now"),
            _("Part of the server is away for a moment. Please try again soon."),
        ),
        "draining": (
            _("Rollcall is being updated"),
            _("It will be back in a moment. Please try again."),
        ),
        "internal": (
            _("Something went wrong"),
            _("The fault is the server's, not yours. Please try again."),
        ),
    }
    by_status = {
        403: (_("You may not see this"), _("This page is not meant for your account.")),
        429: (_("Too much at once"), _("Please wait a little and try again.")),
    }
    unusable = (_("This request cannot be understood"), _("Please go back and try again."))
    return titles.get(refusal.code) or by_status.get(refusal.status, unusable)


def wait(seconds: int) -> str:
    """Return how long to wait."""
    said = flask_babel.ngettext(
        "Please try again in %(num)d second.", "Please try again in %(num)d seconds.", seconds
    )
    return str(said)
