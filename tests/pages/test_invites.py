"""The page of an invite: name first, then one button; strangers sign up and come back."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.chat.browser import Browser
from tests.pages.plain_browser import PASSWORD, PlainBrowser

ROOM = {"name": "Lounge <b>", "visibility": "private", "topic": "Talk"}


@pytest.fixture
def keeper(app: Flask) -> Browser:
    """Somebody who keeps a private room."""
    browser = Browser(app)
    browser.signs_up("keeper")
    return browser


def invited(keeper: Browser, **terms: int) -> tuple[str, str]:
    """Return a new room's id and the path of an invite to it."""
    room = keeper.post("/api/v1/rooms", ROOM).json["room"]  # type: ignore[index]  # it is there
    answer = keeper.post(f"/api/v1/rooms/{room['id']}/invites", terms)
    assert answer.status_code == 201, answer.text
    return room["id"], answer.json["invite"]["url"]  # type: ignore[index]  # it is there


def test_stranger_signs_up_and_comes_back_to_the_invite(
    keeper: Browser, visitor: PlainBrowser
) -> None:
    """The link leads through sign-up back to the invite, which says the name, then inside."""
    room_id, path = invited(keeper)

    sent = visitor.opens(path)
    assert (sent.status_code, sent.location) == (302, f"/sign-up?next={path}")
    assert "Lounge" not in sent.text
    fields = {"username": "ann", "password": PASSWORD}
    back = visitor.submits("/sign-up", fields, f"?next={path}")
    assert (back.status_code, back.location) == (303, path)
    page = visitor.opens(path)
    assert "Lounge &lt;b&gt;" in page.text
    joined = visitor.submits(path, {})

    assert (joined.status_code, joined.location) == (303, f"/rooms/{room_id}")
    members = keeper.get(f"/api/v1/rooms/{room_id}/members").json
    assert [one["username"] for one in members["members"]] == ["ann", "keeper"]  # type: ignore[index]  # it is there


def test_looking_at_an_invite_joins_nothing(keeper: Browser, visitor: PlainBrowser) -> None:
    """A preview that opens the link uses nothing up and makes no member."""
    room_id, path = invited(keeper, uses=1)
    visitor.signs_up("ann")

    for _ in range(3):
        assert visitor.opens(path).status_code == 200

    (invite,) = keeper.get(f"/api/v1/rooms/{room_id}/invites").json["invites"]  # type: ignore[index]  # it is there
    assert invite["uses"] == 0


def test_invite_that_does_not_work_says_so_and_not_why(
    keeper: Browser, visitor: PlainBrowser
) -> None:
    """Invented, used up: the same page, 404, with a way back; the room is not named."""
    _, path = invited(keeper, uses=1)
    visitor.signs_up("ann")
    visitor.submits(path, {})
    other = PlainBrowser(visitor.client.application)
    other.signs_up("bob")

    pages = [other.opens(one) for one in (path, f"/invite/{'A' * 22}", "/invite/x")]

    assert [page.status_code for page in pages] == [404, 404, 404]
    assert len({page.text.partition("<h1>")[2] for page in pages}) == 1
    assert "Lounge" not in pages[0].text


def test_guessing_tokens_is_slowed_down(visitor: PlainBrowser) -> None:
    """After twenty tries there is a wait, on the page as over the API."""
    visitor.signs_up("ann")

    statuses = [visitor.opens(f"/invite/{n:022}").status_code for n in range(22)]

    assert set(statuses[:20]) == {404}
    assert statuses[-1] == 429


def test_page_speaks_the_readers_language(app: Flask, keeper: Browser) -> None:
    """In Chinese the page is Chinese, the room's name stays as it is."""
    _, path = invited(keeper)
    reader = PlainBrowser(app, "zh-CN")
    reader.signs_up("ann")

    page = reader.opens(path).text

    assert "加入房间" in page
    assert "Lounge" in page


def test_without_sign_up_the_door_is_to_sign_in(
    makes_app: Callable[..., Flask], redis_server: object
) -> None:
    """Where nobody signs up by himself, the link leads to signing in."""
    visitor = PlainBrowser(makes_app(SIGN_UP="closed"))
    path = f"/invite/{'A' * 22}"

    assert visitor.opens(path).location == f"/sign-in?next={path}"
