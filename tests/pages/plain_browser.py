"""A browser without scripts: it follows links, fills in forms and keeps cookies."""

import re
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


class PlainBrowser:
    """One browser; `language` is what it asks for."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client = app.test_client()
        self.headers = {"Accept": "text/html", "Accept-Language": language}

    def opens(self, path: str, **options: Any) -> TestResponse:  # as the test client takes them
        """Return the answer to a typed address."""
        return self.client.get(path, headers=self.headers, **options)

    def submits(self, path: str, fields: dict[str, str], query: str = "") -> TestResponse:
        """Fill in the form of that page, hidden fields as they stand, and return the answer."""
        form = self.opens(path + query).text
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(form)}
        return self.client.post(path, data={**hidden, **fields}, headers=self.headers)

    def signs_up(self, username: str, **fields: str) -> TestResponse:
        """Return the answer to the form of /sign-up."""
        return self.submits("/sign-up", {"username": username, "password": PASSWORD, **fields})
