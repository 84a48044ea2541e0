"""The HTTP routes of accounts and sessions."""

import pytest
from flask import Flask

from tests.chat.browser import PASSWORD, Browser, code_of


def test_sign_up_answers_the_user_and_signs_in(browser: Browser) -> None:
    """Signing up answers 201 with the user, who is then signed in."""
    user = browser.signs_up("ann")
    assert user == {"id": user["id"], "username": "ann", "display_name": "ann"}
    assert browser.user == user


def test_session_before_sign_in_has_no_user_but_a_token(browser: Browser) -> None:
    """A stranger gets `user: null` and a token to sign in with."""
    answer = browser.get("/api/v1/session")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["user"] is None
    assert answer.json["csrf_token"]


def test_sign_in_with_the_password_signs_in(app: Flask) -> None:
    """Who knows the password is signed in, in a second browser as well."""
    user = Browser(app).signs_up("ann")
    second = Browser(app)
    answer = second.signs_in("ann")
    assert (answer.status_code, second.user) == (200, user)


def test_sign_in_takes_the_name_in_any_case(app: Flask) -> None:
    """ANN and ann are one name."""
    Browser(app).signs_up("ann")
    assert Browser(app).signs_in("ANN").status_code == 200


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong horse"), ("nobody", PASSWORD)])
def test_sign_in_wrong_does_not_tell_what_is_wrong(app: Flask, name: str, password: str) -> None:
    """A wrong name and a wrong password get the same answer, and nobody is signed in."""
    Browser(app).signs_up("ann")
    browser = Browser(app)
    answer = browser.signs_in(name, password)
    assert (answer.status_code, code_of(answer)) == (401, "wrong_password")
    assert browser.user is None


def test_sign_in_takes_a_new_cookie_and_the_old_one_is_worthless(app: Flask) -> None:
    """A session id from before the sign-in, known to whoever planted it, opens nothing after it."""
    Browser(app).signs_up("ann")
    browser, planted = Browser(app), Browser(app)
    browser.csrf()
    before = browser.sid
    browser.signs_in("ann")
    planted.client.set_cookie("rollcall_session", before)
    assert browser.sid != before
    assert planted.user is None


def test_sign_out_ends_the_session_for_every_copy_of_its_cookie(app: Flask) -> None:
    """After signing out, the old cookie signs nobody in."""
    browser, thief = Browser(app), Browser(app)
    browser.signs_up("ann")
    thief.client.set_cookie("rollcall_session", browser.sid)
    assert thief.user is not None
    assert browser.signs_out().status_code == 204
    assert browser.sid == ""
    assert browser.user is None
    assert thief.user is None


def test_sign_out_of_nobody_is_no_error(browser: Browser) -> None:
    """Signing out twice is as good as once."""
    assert browser.signs_out().status_code == 204


def test_sign_in_over_a_session_ends_that_session(app: Flask) -> None:
    """A browser holds one session: who signs in where somebody was signed in replaces him."""
    browser, elsewhere = Browser(app), Browser(app)
    Browser(app).signs_up("bob")
    browser.signs_up("ann")
    elsewhere.client.set_cookie("rollcall_session", browser.sid)
    browser.signs_in("bob")
    assert browser.user["username"] == "bob"
    assert elsewhere.user is None


def test_sessions_lists_the_devices_of_their_owner_alone(app: Flask) -> None:
    """Each device is listed once, the one that asks is marked, others' are not there."""
    Browser(app).signs_up("bob")
    first, second = Browser(app), Browser(app)
    first.signs_up("ann")
    second.signs_in("ann")
    devices = second.get("/api/v1/sessions").json["sessions"]  # type: ignore[index]  # it is there
    assert sorted(device["is_current"] for device in devices) == [False, True]


def test_sessions_of_a_stranger_are_refused(browser: Browser) -> None:
    """Who is not signed in has no devices."""
    answer = browser.get("/api/v1/sessions")
    assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")


def test_ending_one_session_signs_that_device_out(app: Flask) -> None:
    """DELETE /sessions/<id> signs that device out and no other."""
    here, there = Browser(app), Browser(app)
    here.signs_up("ann")
    there.signs_in("ann")
    devices = here.get("/api/v1/sessions").json["sessions"]  # type: ignore[index]  # it is there
    other = next(device["id"] for device in devices if not device["is_current"])
    assert here.delete(f"/api/v1/sessions/{other}").status_code == 204
    assert here.user is not None
    assert there.user is None


def test_ending_a_session_of_somebody_else_is_not_found(app: Flask) -> None:
    """Nobody can sign somebody else out, nor learn that the session exists."""
    ann, bob = Browser(app), Browser(app)
    ann.signs_up("ann")
    bob.signs_up("bob")
    devices = ann.get("/api/v1/sessions").json["sessions"]  # type: ignore[index]  # it is there
    answer = bob.delete(f"/api/v1/sessions/{devices[0]['id']}")
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert ann.user is not None


@pytest.mark.parametrize("session_id", ["%00", "x", "x" * 5000, "..", "%F0%9F%99%82", "' OR 1=1"])
def test_ending_what_is_no_session_is_not_found(light_app: Flask, session_id: str) -> None:
    """Strange ids name nothing, and end nothing."""
    browser = Browser(light_app)
    browser.signs_up("ann")
    answer = browser.delete(f"/api/v1/sessions/{session_id}")
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert browser.user is not None


def test_ending_all_others_keeps_the_one_that_asks(app: Flask) -> None:
    """DELETE /sessions signs out every other device."""
    here, there, elsewhere = Browser(app), Browser(app), Browser(app)
    here.signs_up("ann")
    there.signs_in("ann")
    elsewhere.signs_in("ann")
    assert here.delete("/api/v1/sessions").status_code == 204
    assert here.user is not None
    assert there.user is None
    assert elsewhere.user is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/accounts"),
        ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("DELETE", "/api/v1/sessions"),
        ("DELETE", "/api/v1/sessions/x"),
    ],
)
@pytest.mark.parametrize("token", ["", "wrong", "another browser's"])
def test_unsafe_calls_without_the_token_change_nothing(
    light_app: Flask, method: str, path: str, token: str
) -> None:
    """No token, a wrong one, that of another session: `csrf_failed`, and all stays as it was."""
    browser = Browser(light_app)
    browser.signs_up("ann")
    if token == "another browser's":
        token = Browser(light_app).csrf()["X-CSRF-Token"]
    account = {"username": "eve", "password": PASSWORD}
    answer = browser.client.open(path, method=method, json=account, headers={"X-CSRF-Token": token})
    assert (answer.status_code, code_of(answer)) == (403, "csrf_failed")
    assert browser.user["username"] == "ann"
    assert Browser(light_app).signs_in("eve").status_code == 401


def test_token_from_before_the_sign_in_still_serves(app: Flask) -> None:
    """The token goes over into the new session, so that a form that was open is not lost."""
    browser = Browser(app)
    browser.signs_up("ann")
    assert browser.signs_out().status_code == 204


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    """The session's cookie is HttpOnly, SameSite=Lax and of the whole site."""
    cookie = browser.get("/api/v1/session").headers["Set-Cookie"]
    assert cookie.startswith("rollcall_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie


UNUSABLE_NAMES = ("", "a", ".ann", "ann lee", "a" * 33, "a" * 10_000, "ann\n", "ann\x00")
UNSEEN_NAMES = ("an\u202en", "a\u200bnn", "анна", "ann\ud800")


@pytest.mark.parametrize("username", UNUSABLE_NAMES + UNSEEN_NAMES)
def test_sign_up_with_an_unusable_name_is_invalid(light_app: Flask, username: str) -> None:
    """Names that are too short, too long or hold what cannot be seen are refused by field."""
    browser = Browser(light_app)
    answer = browser.post("/api/v1/accounts", {"username": username, "password": PASSWORD})
    assert (answer.status_code, code_of(answer)) == (400, "invalid")
    assert answer.json is not None
    assert answer.json["error"].get("field") in {"username", None if "\ud800" in username else "x"}
    assert browser.user is None


@pytest.mark.parametrize(
    "display_name", [" ", "x" * 81, "x" * 10_000, "a\x07b", "a\u202eb", "\u200b", "\ud83d"]
)
def test_sign_up_with_an_unusable_display_name_is_invalid(
    light_app: Flask, display_name: str
) -> None:
    """A display name that nobody could read is refused, and no account is made."""
    browser = Browser(light_app)
    account = {"username": "ann", "password": PASSWORD, "display_name": display_name}
    answer = browser.post("/api/v1/accounts", account)
    assert (answer.status_code, code_of(answer)) == (400, "invalid")
    assert browser.signs_in("ann").status_code == 401


def test_sign_up_with_a_chinese_display_name_keeps_it(browser: Browser) -> None:
    """People are shown under the name they write."""
    account = {"username": "xiaoming", "password": PASSWORD, "display_name": "王小明 🙂"}
    browser.post("/api/v1/accounts", account)
    assert browser.user["display_name"] == "王小明 🙂"


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_sign_up_with_an_unusable_password_is_invalid(light_app: Flask, password: str) -> None:
    """Fewer than 8 bytes or more than 1024 are refused."""
    answer = Browser(light_app).post("/api/v1/accounts", {"username": "ann", "password": password})
    assert (answer.status_code, code_of(answer)) == (400, "invalid")
    assert answer.json is not None
    assert answer.json["error"]["field"] == "password"


def test_sign_up_under_a_taken_name_is_refused(app: Flask) -> None:
    """A name is taken in any case; its first owner keeps it."""
    Browser(app).signs_up("ann")
    browser = Browser(app)
    answer = browser.post("/api/v1/accounts", {"username": "Ann", "password": "another password"})
    assert (answer.status_code, code_of(answer)) == (409, "username_taken")
    assert browser.user is None


def test_sign_in_tried_too_often_is_refused_even_with_the_password(app: Flask) -> None:
    """After ten wrong guesses the account waits, and says how long."""
    browser = Browser(app)
    browser.signs_up("ann")
    codes = [code_of(Browser(app).signs_in("ann", "wrong horse")) for _ in range(10)]
    answer = Browser(app).signs_in("ann")
    assert set(codes) == {"wrong_password"}
    assert (answer.status_code, code_of(answer)) == (429, "too_many_attempts")
    assert answer.json is not None
    assert 1 <= answer.json["error"]["retry_after_s"] <= 60
    assert answer.headers["Retry-After"] == str(answer.json["error"]["retry_after_s"])


def test_sign_in_of_one_account_tried_too_often_leaves_others_alone(app: Flask) -> None:
    """Guessing at ann does not lock bob out."""
    Browser(app).signs_up("bob")
    for _ in range(11):
        Browser(app).signs_in("ann", "wrong horse")
    assert Browser(app).signs_in("bob").status_code == 200
