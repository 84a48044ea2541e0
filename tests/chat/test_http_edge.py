"""The HTTP edge: bad bodies, wrong addresses, defects; each in the one shape with a reference."""

import json
from collections.abc import Callable

import pytest
import structlog
from flask import Flask, abort, redirect
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from chat import http_edge
from chat.errors import ChatError
from tests.chat.browser import PASSWORD, Browser, code_of

SIGN_IN = "/api/v1/session"


@pytest.fixture
def app(makes_app: Callable[..., Flask]) -> Flask:
    """An app with a few routes that go wrong."""
    app = makes_app()

    @app.get("/api/defect")
    def defect() -> str:
        raise KeyError("a detail that no client shall see")

    @app.get("/old")
    def old() -> ResponseReturnValue:
        return redirect("/healthz")

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    return app


def posts(browser: Browser, body: bytes, content_type: str = "application/json") -> TestResponse:
    """Return the answer to a raw body, sent with a good token."""
    return browser.client.post(
        SIGN_IN, data=body, content_type=content_type, headers=browser.csrf()
    )


BAD_BODIES = {
    "empty": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"username": "\xff", "password": "x"}',
    "binary": bytes(range(256)),
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e400",
    "very deep": b"[" * 20_000,
    "deep and whole": b'{"username":' + b"[" * 9_000 + b"]" * 9_000 + b"}",
    "fields missing": b'{"username": "ann"}',
    "unknown field": b'{"username": "ann", "password": "x", "is_admin": true}',
    "wrong type": b'{"username": 1, "password": "x"}',
    "field twice and wrong": b'{"username": "a", "username": [], "password": "x"}',
    "half a surrogate": b'{"username": "\\ud800", "password": 1}',
}


@pytest.mark.parametrize("what", BAD_BODIES)
def test_bad_body_is_invalid(browser: Browser, what: str) -> None:
    """Whatever is not the expected object is `invalid`, and the process lives."""
    answer = posts(browser, BAD_BODIES[what])
    assert (answer.status_code, code_of(answer)) == (400, "invalid")


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_body_of_another_type_is_refused(browser: Browser, content_type: str) -> None:
    """A form of another site could send such a body; JSON it could not."""
    answer = posts(browser, b"{}", content_type)
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_body_over_the_limit_is_too_large(browser: Browser, content_type: str) -> None:
    """64 KiB and one byte are refused; what stands in it is not looked at."""
    body = b'"' + b"x" * http_edge.BODY_MAX_BYTES + b'"'
    answer = posts(browser, body, content_type)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")


def test_body_that_claims_to_be_huge_is_too_large(browser: Browser) -> None:
    """A length of 10 GB is refused before anything of it is read."""
    answer = browser.client.post(
        SIGN_IN, json={}, headers=browser.csrf(), environ_overrides={"CONTENT_LENGTH": "10" * 6}
    )
    assert (answer.status_code, code_of(answer)) == (413, "too_large")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/session/", "/api/v1/%00", "/api/v1/" + "x" * 5000]
)
def test_address_that_does_not_exist_is_not_found(browser: Browser, path: str) -> None:
    """Strange addresses get the shape, too."""
    answer = browser.get(path)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_method_that_is_not_possible_names_those_that_are(browser: Browser) -> None:
    """405 with Allow."""
    answer = browser.client.put(SIGN_IN, json={})
    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_defect_is_internal_and_logged_once_under_its_reference(browser: Browser) -> None:
    """The client gets a reference, the log the traceback; neither gets the other's."""
    with structlog.testing.capture_logs() as lines:
        answer = browser.get("/api/defect")
    assert (answer.status_code, code_of(answer)) == (500, "internal")
    assert answer.json is not None
    reference = answer.headers["X-Request-Id"]
    assert reference in answer.json["error"]["message"]
    assert "detail" not in answer.text
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line["request_id"] == reference
    assert isinstance(line["exc_info"], KeyError)


def test_redirect_is_no_error(browser: Browser) -> None:
    """What Flask says by an exception that is no error goes its way."""
    assert browser.get("/old").status_code == 302


def test_status_without_a_code_of_ours_keeps_its_status(browser: Browser) -> None:
    """An unusual refusal is `invalid`, under its own status."""
    answer = browser.get("/teapot")
    assert (answer.status_code, code_of(answer)) == (418, "invalid")


def test_each_request_has_its_own_reference(browser: Browser) -> None:
    """Two requests are two lines in the log."""
    references = {browser.get("/healthz").headers["X-Request-Id"] for _ in range(2)}
    assert len(references) == 2


def test_api_answers_are_not_kept_by_caches(browser: Browser) -> None:
    """What one user may see is not served to the next."""
    assert browser.get("/api/v1/session").headers["Cache-Control"] == "no-store"


def test_neither_password_nor_cookie_is_logged(makes_app: Callable[..., Flask]) -> None:
    """Signing up, in and out at the level debug leaves no secret in the log."""
    browser = Browser(makes_app(LOG_LEVEL="debug"))
    with structlog.testing.capture_logs() as lines:
        browser.signs_up("ann")
        browser.signs_in("ann", "a wrong one")
        sid = browser.sid
        browser.signs_out()
    logged = json.dumps(lines, default=repr)
    assert lines
    assert PASSWORD not in logged
    assert "a wrong one" not in logged
    assert sid not in logged
    assert "127.0.0.1" not in logged


def test_page_is_rendered_for_people_and_json_for_programs() -> None:
    """An address typed by a person gets the page, the API never does."""

    def page(refusal: ChatError) -> str:
        return f"<h1>{refusal.code}</h1>"

    app = http_edge.App("test")
    http_edge.install(app, page)
    client = app.test_client()

    def asks(path: str, accept: str) -> TestResponse:
        return client.get(path, headers={"Accept": accept})

    typed = "text/html,application/xhtml+xml,*/*;q=0.8"
    assert asks("/nowhere", typed).text == "<h1>not_found</h1>"
    assert asks("/nowhere", typed).status_code == 404
    assert asks("/nowhere", "*/*").is_json
    assert asks("/api/v1/nowhere", typed).is_json


def test_path_that_is_almost_the_socket_s_is_not_found(browser: Browser) -> None:
    """What python-engineio leaves to Flask is looked for among the routes, as any other path."""
    found = browser.client.get("/", environ_overrides={"PATH_INFO": "//socket.io/"})
    assert found.status_code == 404
