"""A JSON client of the HTTP API on the standard library: keeps cookies, sends the CSRF token."""

import http.client
import http.cookies
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any  # whatever JSON allows; the tests look inside by key
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
DEADLINE_S = 20


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `error` is the code of the one error shape, or '' for a success."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is something else."""
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The error code, '' when there is none; raises KeyError for another shape of error."""
        return "" if self.status < 400 else str(self.json["error"]["code"])


@dataclass
class Api:
    """A signed-out browser's view of the API at host (`127.0.0.1:port`)."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""

    def get(self, path: str) -> Answer:
        """Return the answer to a GET."""
        return self.call("GET", path)

    def post(self, path: str, payload: Json = None) -> Answer:
        """Return the answer to a POST of a JSON payload, with a valid CSRF token."""
        return self.call("POST", path, payload)

    def delete(self, path: str) -> Answer:
        """Return the answer to a DELETE, with a valid CSRF token."""
        return self.call("DELETE", path)

    def call(
        self,
        method: str,
        path: str,
        payload: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Return the answer; `body` is sent as it is, else `payload` as JSON when it is given."""
        if method in UNSAFE and not self.csrf_token:
            self.refresh_csrf()
        sent = {"Cookie": self.cookie, "Connection": "close"}
        if method in UNSAFE:
            sent["X-CSRF-Token"] = self.csrf_token
        if body is None and payload is not None:
            body = json.dumps(payload).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        return self._exchange(method, path, body, {k: v for k, v in sent.items() if v})

    def refresh_csrf(self) -> None:
        """The token belongs to the present session."""
        self.csrf_token = str(self.get("/api/v1/session").json["csrf_token"])

    @property
    def cookie(self) -> str:
        """The Cookie header, as a WebSocket needs it too."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            self._keep_cookies(response)
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
