"""The HTTP routes of messages: shapes and statuses as in docs/PROTOCOL.md."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.chat.browser import Browser, Json, code_of


@pytest.fixture
def ann(app: Flask) -> Browser:
    """Ann's browser, signed in."""
    browser = Browser(app)
    browser.signs_up("ann")
    return browser


@pytest.fixture
def messages(ann: Browser) -> str:
    """The address of a room's messages."""
    answer = ann.post("/api/v1/rooms", {"name": "Lobby", "visibility": "public"})
    return f"/api/v1/rooms/{answer.json['room']['id']}/messages"  # type: ignore[index]  # it is there


def posted(ann: Browser, messages: str, body: str, client_id: str) -> TestResponse:
    """Return the answer to posting."""
    return ann.post(messages, {"client_id": client_id, "body": body})


def history(ann: Browser, messages: str, query: str = "") -> Json:
    """Return a page as it came."""
    answer = ann.get(f"{messages}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_post_is_201_and_the_same_again_is_200_with_the_first(ann: Browser, messages: str) -> None:
    """A retry is told apart by its status alone."""
    first, again = (posted(ann, messages, "one", "same") for _ in range(2))
    other = posted(ann, messages, "two", "same")

    assert (first.status_code, again.status_code) == (201, 200)
    assert (other.status_code, other.json["error"]["code"]) == (409, "client_id_used")  # type: ignore[index]  # it is there
    assert first.json == again.json
    page = {"messages": [first.json["message"]], "has_more": False, "rev": 1}  # type: ignore[index]  # it is there
    assert history(ann, messages) == page


def test_pages_go_both_ways(ann: Browser, messages: str) -> None:
    """before, after and limit are read from the address."""
    for n in range(1, 6):
        posted(ann, messages, f"m{n}", f"c{n}")

    def seqs(query: str) -> tuple[list[int], bool]:
        page = history(ann, messages, query)
        return [message["seq"] for message in page["messages"]], page["has_more"]

    assert seqs("?limit=2") == ([4, 5], True)
    assert seqs("?before=4&limit=2") == ([2, 3], True)
    assert seqs("?after=3") == ([4, 5], False)


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=201", "?limit=x", "?before=-1", "?before=1&after=1", "?page=2"]
)
def test_wrong_query_is_invalid(ann: Browser, messages: str, query: str) -> None:
    """What the address asks for is checked like a body."""
    assert code_of(ann.get(f"{messages}{query}")) == "invalid"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"client_id": "c"},
        {"client_id": "", "body": "x"},
        {"client_id": "c", "body": ""},
        {"client_id": "c", "body": 1},
        {"client_id": "c", "body": "x" * 4001},
        {"client_id": "c", "body": "x", "room_id": "another"},
        {"client_id": "c", "body": "x", "reply_to": "nothing"},
    ],
)
def test_wrong_body_is_invalid_and_stores_nothing(
    ann: Browser, messages: str, payload: Json
) -> None:
    """Refused is refused: the room's next message is its first."""
    assert code_of(ann.post(messages, payload)) == "invalid"
    assert posted(ann, messages, "fine", "c2").json["message"]["seq"] == 1  # type: ignore[index]  # it is there
