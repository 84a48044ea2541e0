"""A browser without a network: Flask's test client, its cookies, and the CSRF token."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"
Json = Any  # whatever JSON allows; the tests look inside by key


class Browser:
    """One browser: cookies of its own, and X-CSRF-Token on every unsafe call."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def get(self, path: str, **options: Any) -> TestResponse:  # as the test client takes them
        """Return the answer to a GET."""
        return self.client.get(path, **options)

    def post(self, path: str, payload: Json = None) -> TestResponse:
        """Return the answer to a POST of JSON."""
        return self.client.post(path, json=payload, headers=self.csrf())

    def delete(self, path: str) -> TestResponse:
        """Return the answer to a DELETE."""
        return self.client.delete(path, headers=self.csrf())

    def csrf(self) -> dict[str, str]:
        """Return the header of unsafe calls; the token is asked for once."""
        if not self.token:
            self.token = self.get("/api/v1/session").json["csrf_token"]  # type: ignore[index]  # it is there
        return {"X-CSRF-Token": self.token}

    def signs_up(self, username: str, password: str = PASSWORD) -> Json:
        """Return the new user, who is now signed in here."""
        answer = self.post("/api/v1/accounts", {"username": username, "password": password})
        assert answer.status_code == 201, answer.text
        return answer.json["user"]  # type: ignore[index]  # it is there

    def signs_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        """Return the answer to signing in."""
        return self.post("/api/v1/session", {"username": username, "password": password})

    def signs_out(self) -> TestResponse:
        """Return the answer to signing out."""
        return self.delete("/api/v1/session")

    @property
    def user(self) -> Json:
        """Who is signed in here, None when nobody is."""
        answer = self.get("/api/v1/session")
        assert answer.status_code == 200, answer.text
        return answer.json["user"]  # type: ignore[index]  # it is there

    @property
    def sid(self) -> str:
        """The value of the session's cookie, "" without one."""
        cookie = self.client.get_cookie("rollcall_session")
        return cookie.value if cookie else ""


def code_of(answer: TestResponse) -> str:
    """Return the error code of an answer, after checking that it has the one shape."""
    error = answer.json["error"]  # type: ignore[index]  # it is there
    assert {"code", "message", "temporary"} <= set(error) <= {
        "code", "message", "temporary", "field", "retry_after_s"
    }  # fmt: skip
    return str(error["code"])
