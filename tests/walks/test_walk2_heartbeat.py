"""Walk 2: heartbeat. Leases are renewed in batches, and nothing else happens."""

from collections.abc import Callable

from tests.support.claims import assert_stays
from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
LEASE_S = 6.0


def test_heartbeat_keeps_online_longer_than_a_lease(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """A quiet tab that answers heartbeats stays online past its lease, without any transition."""
    server = starts_server()  # of its own: rev counts everybody's transitions
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    quiet, viewer = ann.opens_tab(), bob.opens_tab()
    for person in (ann, bob):
        viewer.sees(person.id, "online", within_s=1)
    rev = viewer.roster.rev

    assert_stays(viewer, ann, "online", for_s=LEASE_S * 1.2)

    newer = [diff for diff in viewer.heard("presence:diff") if diff["rev"] > rev]
    assert newer == [], "a heartbeat is no transition"
    assert viewer.roster.rev == rev
    assert quiet.is_connected


def test_heartbeat_brings_the_heads_of_all_rooms(server: Server, signs_up: SignsUp) -> None:
    """At least each heads interval a connection hears the newest seq of each of its rooms."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    tab = ann.opens_tab()
    tab.posts(room, "hello")

    heads = tab.waits_for("room:heads", lambda sent: sent["heads"].get(room) == 1, within_s=4)

    assert heads.payload["epoch"] == tab.ready["epoch"]
    assert heads.payload["rev"] >= tab.ready["rev"]
