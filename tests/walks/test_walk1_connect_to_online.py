"""Walk 1: connect -> online. A lease is granted, and every worker announces the one transition."""

from collections.abc import Callable

from tests.support.claims import assert_never_shown, assert_transition
from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]


def test_connect_shows_online_to_a_viewer_on_the_other_worker(
    server: Server, signs_up: SignsUp
) -> None:
    """Ann connects to one worker, and Bob, who sits on the other, sees her go online once."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    held_by = server.worker_of(viewer.local_port)
    assert viewer.roster.status_of(ann.id) == "offline"

    ann.opens_tab_on(lambda pid: pid != held_by)

    assert_transition(viewer, ann, "offline", "online", within_s=1)


def test_connect_tells_first_who_and_where_one_is(server: Server, signs_up: SignsUp) -> None:
    """The first event of a connection is session:ready, with all that PROTOCOL promises in it."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()

    tab = ann.opens_tab()

    assert tab.events[0].name == "session:ready"
    assert tab.ready["user"]["id"] == ann.id
    assert tab.ready["heads"] == {room: 0}
    assert tab.ready["grace_ms"] == 1000
    assert set(tab.ready["bounds_ms"]) == {"tab_closed", "silent", "worker_killed", "signed_out"}


def test_connect_with_a_second_tab_is_no_transition(server: Server, signs_up: SignsUp) -> None:
    """A second and a third tab of somebody who is online change nothing for others (R7)."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    ann.opens_tab()
    seen_at_s = assert_transition(viewer, ann, "offline", "online", within_s=1)

    ann.opens_tab()
    ann.opens_tab()
    carol = signs_up(server, "carol")
    carol.joins(next(iter(viewer.ready["heads"])))
    carol.opens_tab()

    viewer.sees(carol.id, "online", within_s=2)  # later than anything that Ann's tabs had caused
    assert viewer.roster.shown_since(ann.id, seen_at_s) == []


def test_connect_tells_a_stranger_nothing(server: Server, signs_up: SignsUp) -> None:
    """Somebody who shares no room with Ann hears of no transition of hers."""
    ann, bob, eve = (signs_up(server, name) for name in ("ann", "bob", "eve"))
    ann.joins(bob.creates_room())
    viewer, stranger = bob.opens_tab(), eve.opens_tab()

    ann.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)

    assert_never_shown(stranger, ann, "online")
    changes = [c for diff in stranger.heard("presence:diff") for c in diff["changes"]]
    assert [change for change in changes if change["user_id"] == ann.id] == []


def test_connect_without_a_session_is_refused(server: Server, signs_up: SignsUp) -> None:
    """A connection that no session signs in is refused with not_signed_in, and gets no event."""
    stranger = signs_up(server, "ann")
    stranger.signs_out()
    tab = stranger.tab()

    refusal = tab.is_refused()

    assert refusal == "not_signed_in"
    assert tab.events == []
