"""Rows of the fault table about tabs that come and go quickly."""

import time
from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
RELOADS = 10
TABS = 3


@pytest.mark.fault(8)
def test_three_tabs_reloaded_ten_times_show_nothing(server: Server, signs_up: SignsUp) -> None:
    """All tabs of a user are closed and opened again, ten times in a row: not one transition."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    tabs = [ann.opens_tab() for _ in range(TABS)]
    viewer.sees(ann.id, "online", within_s=5)
    began_s = time.monotonic()

    for _ in range(RELOADS):
        for tab in tabs:
            tab.closes()
        tabs = [ann.opens_tab() for _ in range(TABS)]

    viewer.stays_until(time.monotonic() + viewer.ready["bounds_ms"]["tab_closed"] / 1000)
    assert viewer.roster.shown_since(ann.id, began_s) == []
