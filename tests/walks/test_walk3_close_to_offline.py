"""Walk 3: tab closed -> grace -> offline, not before the grace and not after the bound."""

import time
from collections.abc import Callable

import pytest

from tests.support.claims import assert_stays, assert_transition
from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]
GRACE_S = 1.0


@pytest.mark.fault(7)
def test_closed_tab_is_offline_after_the_grace_not_before(
    server: Server, signs_up: SignsUp
) -> None:
    """Others see offline when the grace is over, within the bound that session:ready names."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)
    closed_s = time.monotonic()

    tab.closes()

    gone_s = assert_transition(viewer, ann, "online", "offline", within_s=5) - closed_s
    assert GRACE_S <= gone_s <= bound_s(viewer, "tab_closed")


@pytest.mark.fault(7)
def test_reset_connection_gets_the_same_grace(server: Server, signs_up: SignsUp) -> None:
    """A connection that ends by RST is treated like a closed tab."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)
    cut_s = time.monotonic()

    tab.cut()

    gone_s = assert_transition(viewer, ann, "online", "offline", within_s=5) - cut_s
    assert GRACE_S <= gone_s <= bound_s(viewer, "tab_closed")


@pytest.mark.fault(8)
def test_reload_shows_nothing(server: Server, signs_up: SignsUp) -> None:
    """Three reloads one after the other, each well within the grace, are no transition."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)

    for _ in range(3):
        tab.closes()
        assert_stays(viewer, ann, "online", for_s=GRACE_S / 2)
        tab = ann.opens_tab()

    assert_stays(viewer, ann, "online", for_s=GRACE_S * 1.5)


def test_one_of_two_tabs_closed_changes_nothing(server: Server, signs_up: SignsUp) -> None:
    """Closing one of two tabs keeps online; closing the last begins the grace."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    first, second, viewer = ann.opens_tab(), ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)

    first.closes()

    assert_stays(viewer, ann, "online", for_s=GRACE_S * 1.5)
    second.closes()
    assert_transition(viewer, ann, "online", "offline", within_s=5)


def test_offline_says_since_when(server: Server, signs_up: SignsUp) -> None:
    """The roster tells the last moment at which somebody who is offline was here."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    ann.joins(room)
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)
    before_ms = time.time() * 1000

    tab.closes()
    viewer.sees(ann.id, "offline", within_s=5)

    members = bob.api.get(f"/api/v1/rooms/{room}/roster").json["members"]
    (seen,) = [one["last_seen_at_ms"] for one in members if one["user_id"] == ann.id]
    assert before_ms - 2_000 <= seen <= time.time() * 1000


@pytest.mark.fault(7)
@pytest.mark.timeout(60)
def test_defaults_show_offline_between_five_and_six_seconds(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """R2 with the defaults as they are shipped: a closed tab is offline after 5 s, within 6 s."""
    server = starts_server(settings={})
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)
    closed_s = time.monotonic()

    tab.closes()

    gone_s = assert_transition(viewer, ann, "online", "offline", within_s=10) - closed_s
    assert 5.0 <= gone_s <= 6.0
    assert viewer.ready["bounds_ms"] == {
        "tab_closed": 6_000,
        "silent": 24_000,
        "worker_killed": 20_500,
        "signed_out": 1_000,
    }


def bound_s(viewer: Tab, cause: str) -> float:
    """Return the promised bound that the server itself named, in seconds."""
    return float(viewer.ready["bounds_ms"][cause]) / 1000
