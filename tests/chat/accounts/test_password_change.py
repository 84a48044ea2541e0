"""Changing one's own password: who it signs out, and who may."""

import pytest
from flask import Flask

from tests.chat.browser import PASSWORD, Browser, code_of

NEW = "battery staple"


def test_change_ends_every_other_session_and_keeps_this_one(app: Flask) -> None:
    """Whoever held a copy of the old one, or a session that it opened, is out."""
    here, there = Browser(app), Browser(app)
    here.signs_up("ann")
    there.signs_in("ann")

    assert here.post("/api/v1/password", {"old": PASSWORD, "new": NEW}).status_code == 204

    assert here.user is not None
    assert there.user is None
    assert Browser(app).signs_in("ann").status_code == 401
    assert Browser(app).signs_in("ann", NEW).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "status", "code"),
    [
        ("not the password", NEW, 401, "wrong_password"),
        ("", NEW, 401, "wrong_password"),
        (PASSWORD, "short", 400, "invalid"),
        (PASSWORD, "\ud800" * 8, 400, "invalid"),
    ],
)
def test_change_that_is_refused_changes_nothing(
    light_app: Flask, old: str, new: str, status: int, code: str
) -> None:
    """A wrong old one and a bad new one are refused; everybody stays where he is."""
    here, there = Browser(light_app), Browser(light_app)
    here.signs_up("ann")
    there.signs_in("ann")

    answer = here.post("/api/v1/password", {"old": old, "new": new})

    assert (answer.status_code, code_of(answer)) == (status, code)
    assert there.user is not None
    assert Browser(light_app).signs_in("ann").status_code == 200


def test_guesses_at_the_old_password_count_as_failed_sign_ins(light_app: Flask) -> None:
    """A stolen session is no way to guess the password: ten failures and the account waits."""
    browser = Browser(light_app)
    browser.signs_up("ann")
    guess = {"old": "not the password", "new": NEW}

    answers = [code_of(browser.post("/api/v1/password", guess)) for _ in range(11)]

    assert answers == ["wrong_password"] * 10 + ["too_many_attempts"]


def test_stranger_has_no_password_to_change(browser: Browser) -> None:
    """Who is not signed in is told so."""
    answer = browser.post("/api/v1/password", {"old": PASSWORD, "new": NEW})

    assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")
