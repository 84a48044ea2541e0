"""A worker is killed (SIGKILL): messages go on, and nobody is shown gone who is not."""

import time
from collections.abc import Callable

import pytest

from tests.support.claims import assert_equals_fresh_load, assert_never_shown
from tests.support.people import Person
from tests.support.server import Server

StartsServer = Callable[..., Server]
SignsUp = Callable[[Server, str], Person]


@pytest.mark.fault(1)
def test_killed_worker_costs_no_message_and_no_false_offline(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """People of the killed worker come back elsewhere; others never saw them offline."""
    server = starts_server()
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    watcher = bob.opens_tab(reconnects=True)
    held_by = server.worker_of(watcher.local_port)
    writer = ann.opens_tab_on(lambda pid: pid != held_by, reconnects=True)
    doomed = server.worker_of(writer.local_port)
    watcher.sees(ann.id, "online", within_s=2)
    writer.posts(room, "before")
    killed_s = time.monotonic()

    server.worker_dies(doomed)
    for n in range(20):
        writer.posts_until_acked(room, f"after {n}")

    ids = [message["id"] for message in ann.history(room)]
    assert len(ids) == 21
    assert watcher.holds(room, 21, within_s=2) == ids
    server.worker_returns(doomed)
    past_the_bound = watcher.ready["bounds_ms"]["worker_killed"] / 1000 + 0.5
    watcher.stays_until(killed_s + past_the_bound)
    assert_never_shown(watcher, ann, "offline", since_s=killed_s)
    assert_equals_fresh_load(watcher, bob, [room])
    assert_equals_fresh_load(writer, ann, [room])


@pytest.mark.fault(1)
def test_killed_worker_takes_those_who_stay_away_offline(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """Somebody of a killed worker who does not come back is offline within the bound, once."""
    server = starts_server()
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    watcher = bob.opens_tab(reconnects=True)
    held_by = server.worker_of(watcher.local_port)
    gone = ann.opens_tab_on(lambda pid: pid != held_by)
    watcher.sees(ann.id, "online", within_s=2)
    bound_s = watcher.ready["bounds_ms"]["worker_killed"] / 1000
    killed_s = time.monotonic()

    server.worker_dies(server.worker_of(gone.local_port))

    offline_s = watcher.sees(ann.id, "offline", within_s=bound_s + 5) - killed_s
    assert offline_s <= bound_s
    assert watcher.roster.shown_since(ann.id, killed_s) == ["offline"]


@pytest.mark.fault(1)
def test_who_comes_back_late_to_another_worker_was_never_offline(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """Somebody who needs longer than the worker's own lease to come back is not shown offline."""
    server = starts_server()
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    watcher = bob.opens_tab(reconnects=True)
    held_by = server.worker_of(watcher.local_port)
    tab = ann.opens_tab_on(lambda pid: pid != held_by)
    watcher.sees(ann.id, "online", within_s=2)
    bound_s = watcher.ready["bounds_ms"]["worker_killed"] / 1000
    killed_s = time.monotonic()

    server.worker_dies(server.worker_of(tab.local_port))
    watcher.stays_until(killed_s + bound_s * 0.6)  # its worker is known to be dead by then
    ann.opens_tab()

    watcher.stays_until(killed_s + bound_s + 1)
    assert watcher.roster.shown_since(ann.id, killed_s) == []


def test_every_worker_killed_in_turn_is_started_again(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """The supervisor replaces each dead worker, and a conversation lives through all of it."""
    server = starts_server()
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    tab = ann.opens_tab(reconnects=True)

    for n, doomed in enumerate(server.worker_pids()):
        server.worker_dies(doomed)
        server.worker_returns(doomed)
        tab.posts_until_acked(room, f"after death {n}")

    assert [message["body"] for message in ann.history(room)] == ["after death 0", "after death 1"]
    assert tab.holds(room, 2, within_s=5) == [message["id"] for message in ann.history(room)]


@pytest.mark.fault(2)
def test_frozen_worker_that_wakes_up_is_believed_again(
    starts_server: StartsServer, signs_up: SignsUp
) -> None:
    """People of a worker that stood still longer than its lease are online again when it wakes."""
    server = starts_server()
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    watcher = bob.opens_tab()
    held_by = server.worker_of(watcher.local_port)
    # It comes back by itself: Engine.IO drops whom it could not ping for ping + timeout.
    tab = ann.opens_tab_on(lambda pid: pid != held_by, reconnects=True)
    watcher.sees(ann.id, "online", within_s=2)
    frozen = server.worker_of(tab.local_port)

    server.freezes(frozen)
    watcher.sees(ann.id, "offline", within_s=8)
    watcher.posts(room, "while it stood still")
    server.thaws(frozen)
    assert frozen in server.worker_pids()

    watcher.sees(ann.id, "online", within_s=5)
    tab.holds(room, 1, within_s=5)
    assert_equals_fresh_load(watcher, bob, [room])
    assert [look.status for look in watcher.roster.history[ann.id]][-3:] == [
        "online",
        "offline",
        "online",
    ]
