"""Clients that vanish without a word are offline within the bound, not earlier."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.child import start_child, stop_child
from tests.support.people import Person
from tests.support.proxy import Proxy
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
GRACE_S = 1.0
SLACK_S = 2.0  # what a slow machine may add


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy in front of the server."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.stop()


@pytest.mark.fault(5)
def test_silent_client_is_offline_within_the_bound(server: Server, signs_up: SignsUp) -> None:
    """A client that answers no heartbeat any more (a sleeping laptop) is shown offline in time."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    asleep, viewer = ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)
    silent_s = time.monotonic()

    asleep.falls_silent()

    bound_s = viewer.ready["bounds_ms"]["silent"] / 1000
    gone_s = viewer.sees(ann.id, "offline", within_s=bound_s + 5) - silent_s
    assert GRACE_S <= gone_s <= bound_s
    assert viewer.roster.shown_since(ann.id, silent_s) == ["offline"]


@pytest.mark.fault(5)
def test_frozen_browser_is_offline_once_and_back_when_it_goes_on(
    server: Server, signs_up: SignsUp, tmp_path: Path
) -> None:
    """A client's process that stands still (SIGSTOP): one offline in time; SIGCONT: online."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    command = [sys.executable, "-m", "tests.support.client", server.host, ann.api.cookie]
    browser = start_child(command, tmp_path / "client.log")
    try:
        viewer.sees(ann.id, "online", within_s=15)
        frozen_s = time.monotonic()

        browser.send_signal(signal.SIGSTOP)

        bound_s = viewer.ready["bounds_ms"]["silent"] / 1000
        gone_s = viewer.sees(ann.id, "offline", within_s=bound_s + SLACK_S) - frozen_s
        assert gone_s >= GRACE_S
        browser.send_signal(signal.SIGCONT)
        viewer.sees(ann.id, "online", within_s=10)
        assert viewer.roster.shown_since(ann.id, frozen_s) == ["offline", "online"]
    finally:
        stop_child(browser, signal.SIGKILL)


@pytest.mark.fault(6)
def test_vanished_network_is_offline_within_the_bound(
    server: Server, proxy: Proxy, signs_up: SignsUp
) -> None:
    """A connection through which nothing passes any more, though nobody closed it, runs out."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    ann.opens_tab(host=proxy.host)
    viewer.sees(ann.id, "online", within_s=1)
    vanished_s = time.monotonic()

    proxy.swallows()

    bound_s = viewer.ready["bounds_ms"]["silent"] / 1000
    assert viewer.sees(ann.id, "offline", within_s=bound_s + 5) - vanished_s <= bound_s


@pytest.mark.fault(7)
def test_short_network_loss_shows_nothing(server: Server, proxy: Proxy, signs_up: SignsUp) -> None:
    """A client that is back and connected within the grace was never shown offline."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    traveller = ann.opens_tab(host=proxy.host, reconnects=True)
    viewer.sees(ann.id, "online", within_s=1)

    proxy.cuts()

    viewer.stays_until(time.monotonic() + GRACE_S * 1.8)
    assert traveller.connects == 2
    assert [look.status for look in viewer.roster.history[ann.id]][-1] == "online"
    assert "offline" not in [look.status for look in viewer.roster.history[ann.id]][1:]
