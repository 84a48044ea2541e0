"""What is looked at after every test: a tab that shows what is not stored is found, and named."""

from collections.abc import Callable

import pytest

from tests.support.followed import assert_followed_by
from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import NotInTimeError

SignsUp = Callable[[Server, str], Person]


def test_tab_that_differs_is_found_and_named(server: Server, signs_up: SignsUp) -> None:
    """A text that is wrong, a message that was never shown, and one that only a heal brought."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    tab = ann.opens_tab()
    for text in ("one", "two"):
        tab.posts(room, text)
    tab.holds(room, 2, within_s=10)
    assert_followed_by([ann])
    shown, told = tab.timeline[room], tab.told[room]
    stored = dict(shown.messages)

    for line, wrong in (
        (shown, {**stored, 2: {**stored[2], "body": "other"}}),
        (shown, {1: stored[1]}),
        (shown, {}),
        (told, {1: stored[1]}),
    ):
        line.messages = wrong
        with pytest.raises(NotInTimeError) as found:
            assert_followed_by([ann], within_s=0.1)
        assert ann.username in "".join(found.value.__notes__)
        line.messages = dict(stored)
