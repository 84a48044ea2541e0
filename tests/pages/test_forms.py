"""Signing in and up by plain forms."""

from collections.abc import Callable

import pytest
from flask import Flask

from chat.wire import PASSWORD_MAX, PASSWORD_MIN
from tests.pages.plain_browser import PASSWORD, PlainBrowser


def test_sign_up_leads_into_the_chat(visitor: PlainBrowser) -> None:
    """A filled-in form makes the account, signs in, and goes on to the shell."""
    answer = visitor.signs_up("ann", display_name="Ann Other")
    assert (answer.status_code, answer.location) == (303, "/")
    shell = visitor.opens("/")
    assert shell.status_code == 200
    assert '"display_name": "Ann Other"' in shell.text


def test_sign_in_goes_on_to_the_room_that_was_wanted(app: Flask, visitor: PlainBrowser) -> None:
    """Who was sent to the form from a room comes back to that room."""
    visitor.signs_up("ann")
    other = PlainBrowser(app)
    sent = other.opens("/rooms/abc123")
    assert (sent.status_code, sent.location) == (302, "/sign-in?next=/rooms/abc123")
    query = "?next=/rooms/abc123"
    answer = other.submits("/sign-in", {"username": "ann", "password": PASSWORD}, query)
    assert (answer.status_code, answer.location) == (303, "/rooms/abc123")


@pytest.mark.parametrize("place", ["https://evil.example", "//evil.example", "/rooms/../x", "/x"])
def test_sign_in_never_goes_on_to_another_place(
    app: Flask, visitor: PlainBrowser, place: str
) -> None:
    """A `next` that is no room of ours is forgotten: the form is no open redirect."""
    visitor.signs_up("ann")
    fields = {"username": "ann", "password": PASSWORD, "next": place}
    answer = PlainBrowser(app).submits("/sign-in", fields, f"?next={place}")
    assert answer.location == "/"


def test_sign_in_wrong_says_so_and_keeps_the_name(visitor: PlainBrowser) -> None:
    """The form comes back with 401, the name that was typed, no password, and the reason."""
    answer = visitor.submits("/sign-in", {"username": "ann<b>", "password": "not the one"})
    assert answer.status_code == 401
    assert "The username or the password is wrong." in answer.text
    assert 'value="ann&lt;b&gt;"' in answer.text
    assert "not the one" not in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "a"}, "A username has 2 to 32 letters"),
        ({"password": "short"}, f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters."),
        ({"display_name": "x" * 81}, "A name has at most 80 characters"),
    ],
)
def test_sign_up_refused_says_why_beside_the_field(
    visitor: PlainBrowser, fields: dict[str, str], said: str
) -> None:
    """Each field that cannot be used is marked, with the reason tied to it."""
    name = next(iter(fields))
    answer = visitor.submits("/sign-up", {"username": "ann", "password": PASSWORD, **fields})
    assert answer.status_code == 400
    assert said in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert f'id="{name}-note" role="alert"' in answer.text


def test_sign_up_with_a_name_that_is_taken_says_so(app: Flask, visitor: PlainBrowser) -> None:
    """409, beside the field."""
    visitor.signs_up("ann")
    answer = PlainBrowser(app).signs_up("ANN")
    assert answer.status_code == 409
    assert "This username is taken." in answer.text


def test_form_without_its_token_is_refused_with_a_page(visitor: PlainBrowser) -> None:
    """A form that another site sends gets 403 as a page, and signs nobody in."""
    fields = {"username": "ann", "password": PASSWORD}
    answer = visitor.client.post("/sign-up", data=fields, headers=visitor.headers)
    assert answer.status_code == 403
    assert "This page has grown old" in answer.text
    assert visitor.opens("/").status_code == 302


def test_too_many_attempts_say_how_long_to_wait(makes_app: Callable[..., Flask]) -> None:
    """One wrong password more than the limit gets 429, Retry-After, and the seconds in words."""
    visitor = PlainBrowser(makes_app(SIGN_IN_LIMIT="2 per minute"))
    wrong = {"username": "ann", "password": "not the one"}
    for _ in range(2):
        assert visitor.submits("/sign-in", wrong).status_code == 401
    answer = visitor.submits("/sign-in", wrong)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert f"Please try again in {answer.headers['Retry-After']} second" in answer.text


def test_sign_up_that_is_closed_offers_no_form(makes_app: Callable[..., Flask]) -> None:
    """Where the operator makes the accounts, the page says so, and nothing leads to it."""
    visitor = PlainBrowser(makes_app(SIGN_UP="closed"))
    page = visitor.opens("/sign-up").text
    assert "Please ask the operator." in page
    assert '<input id="username"' not in page
    assert "/sign-up" not in visitor.opens("/sign-in").text


def test_who_is_signed_in_is_not_asked_again(visitor: PlainBrowser) -> None:
    """The forms lead on to the chat."""
    visitor.signs_up("ann")
    assert visitor.opens("/sign-in").location == "/"
    assert visitor.opens("/sign-up").location == "/"
