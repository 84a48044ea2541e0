"""Where a handshake comes from."""

import pytest

from chat.handshake import is_own_origin, origin_of


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (None, False),
        ("http://chat.example:8080", True),
        ("https://CHAT.example:8080", True),
        ("https://other.example", True),
        ("https://other.example/", True),
        ("http://other.example", False),
        ("http://chat.example", False),
        ("http://chat.example:8080.evil.example", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
        ("http://", False),
        ("http://[", False),
    ],
)
def test_origin_is_ones_own_or_allowed(origin: str | None, *, is_allowed: bool) -> None:
    """The own host and the allow-list; nobody else, and nobody who names none."""
    allowed = ("https://other.example",)

    assert is_own_origin(origin, "chat.example:8080", allowed) is is_allowed


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"HTTP_ORIGIN": "https://evil.example"}, "https://evil.example"),
        (
            {"HTTP_ORIGIN": "https://evil.example", "HTTP_SEC_FETCH_SITE": "same-origin"},
            "https://evil.example",
        ),
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, "http://chat.example"),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, None),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, None),
        ({}, None),
    ],
)
def test_origin_is_what_the_browser_says(headers: dict[str, str], origin: str | None) -> None:
    """What is named counts; unnamed, only the browser's own word for a request to the own host."""
    assert origin_of({"HTTP_HOST": "chat.example", **headers}) == origin
