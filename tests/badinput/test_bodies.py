"""Hostile bodies: refused clearly, and the loop goes on while they are looked at."""

import json

import pytest

from tests.badinput.conftest import Scene
from tests.badinput.shape import assert_error
from tests.support.link import LinkLostError


@pytest.mark.parametrize("body", ["[" * 3000, "![" * 1500, "[a][" * 900])
def test_brackets_within_brackets_are_refused_by_name(body: str, scene: Scene) -> None:
    """Three thousand open brackets are an error that names the field, by event and by HTTP."""
    tab = scene.ann.opens_tab()
    post = {"room_id": scene.shared, "client_id": "c", "body": body}
    by_http = scene.ann.api.post(
        f"/api/v1/rooms/{scene.shared}/messages", {"client_id": "c", "body": body}
    )

    for answer in (tab.ask("message:post", post), by_http.json):
        assert_error(answer, "invalid")
        assert answer["error"]["field"] == "body"


def test_megabyte_is_refused_before_it_is_read(scene: Scene) -> None:
    """A packet of that size ends the connection, a body of it is too large; others go on."""
    other = scene.bob.opens_tab()
    tab = scene.ann.opens_tab()
    huge = json.dumps({"client_id": "c", "body": "x" * 1_000_000}).encode()

    with pytest.raises(LinkLostError):
        tab.ask(
            "message:post", {"room_id": scene.shared, "client_id": "c", "body": "x" * 1_000_000}
        )
    try:
        path = f"/api/v1/rooms/{scene.shared}/messages"
        assert scene.ann.api.call("POST", path, body=huge).status == 413
    except ConnectionError:  # it may hang up in the middle of the upload
        pass

    assert other.ask("message:since", {"rooms": {}}) == {"rooms": {}}
