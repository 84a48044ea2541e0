"""The headers that bind the browser."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.pages.plain_browser import PlainBrowser


def policy(answer_headers: dict[str, str]) -> dict[str, str]:
    """Return the directives of the Content-Security-Policy by name."""
    directives = answer_headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/session", "/static/icon.svg", "/nowhere"])
def test_every_answer_carries_the_headers(visitor: PlainBrowser, path: str) -> None:
    """Pages, API answers, files and errors alike; nothing may be loaded that is not named."""
    answer = visitor.opens(path)
    headers = dict(answer.headers)
    assert policy(headers)["default-src"] == "'none'"
    assert policy(headers)["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    answer.close()


def test_scripts_run_by_the_nonce_of_their_own_answer(visitor: PlainBrowser) -> None:
    """Each script carries the nonce of the policy, and the next answer has another one."""
    visitor.signs_up("ann")
    nonces = set()
    for _ in range(2):
        answer = visitor.opens("/")
        allowed = policy(dict(answer.headers))["script-src"]
        scripts = re.findall(r"<script (?!type=\"application/json\")[^>]*", answer.text)
        assert scripts
        for script in scripts:
            found = re.search(r'nonce="([^"]+)"', script)
            assert found
            assert allowed == f"'nonce-{found[1]}'"
            nonces.add(found[1])
    assert len(nonces) == 2


def test_no_page_names_another_origin(visitor: PlainBrowser) -> None:
    """Neither page loads or links anything by a whole address."""
    visitor.signs_up("ann")
    pages = visitor.opens("/").text + visitor.opens("/nowhere").text
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*"', pages) == []


def test_a_strange_host_does_not_get_into_the_policy(visitor: PlainBrowser) -> None:
    """A Host header that is no host adds nothing to connect-src."""
    answer = visitor.opens("/sign-in", base_url="http://localhost")
    assert "ws://localhost" in policy(dict(answer.headers))["connect-src"]
    strange = {**visitor.headers, "Host": "x; script-src *"}
    refused = visitor.client.get("/sign-in", headers=strange)
    assert "script-src *" not in refused.headers.get("Content-Security-Policy", "")


def test_over_tls_the_browser_is_told_to_stay_there(makes_app: Callable[..., Flask]) -> None:
    """HSTS is sent where the public address is https, and nowhere else."""
    plain = PlainBrowser(makes_app()).opens("/sign-in")
    assert "Strict-Transport-Security" not in plain.headers
    app = makes_app(PUBLIC_URL="https://chat.example.org")
    safe = PlainBrowser(app).opens("/sign-in", base_url="https://chat.example.org")
    assert "max-age=31536000" in safe.headers["Strict-Transport-Security"]
    assert "wss://chat.example.org" in policy(dict(safe.headers))["connect-src"]
