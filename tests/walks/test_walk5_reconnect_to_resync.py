"""Walk 5: reconnect -> gap -> resync. What a tab holds then equals a fresh load."""

from collections.abc import Callable

from tests.support.claims import assert_equals_fresh_load
from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]


def test_reconnect_brings_what_was_missed(server: Server, signs_up: SignsUp) -> None:
    """Messages and transitions that happened while a tab was away are there after it came back."""
    ann, bob, carol = (signs_up(server, name) for name in ("ann", "bob", "carol"))
    room = ann.creates_room()
    bob.joins(room)
    carol.joins(room)
    writer, away = ann.opens_tab(), bob.opens_tab()
    writer.posts(room, "before")
    away.holds(room, 1, within_s=2)
    away.closes()

    for n in range(30):
        writer.posts(room, f"missed {n}")
    carol.opens_tab()
    back = bob.tab()
    back.timeline, back.roster = away.timeline, away.roster
    back.opens()

    assert back.holds(room, 31, within_s=2) == [message["id"] for message in ann.history(room)]
    assert back.roster.status_of(carol.id) == "online"
    assert_equals_fresh_load(back, bob, [room])


def test_reconnect_after_more_than_a_tail_begins_anew(server: Server, signs_up: SignsUp) -> None:
    """Who missed more than the server tells one by one gets the newest ones, marked as a reset."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    writer = ann.opens_tab()
    for n in range(310):
        writer.posts(room, f"missed {n}")

    tab = bob.opens_tab()

    answer = tab.ask("message:since", {"rooms": {room: 1}})["rooms"][room]
    assert answer["reset"] is True
    assert answer["messages"][-1]["seq"] == 310
    stored = [message["id"] for message in ann.history(room)]
    assert [one["id"] for one in answer["messages"]] == stored[-len(answer["messages"]) :]


def test_cut_connection_comes_back_by_itself_while_others_write(
    server: Server, signs_up: SignsUp
) -> None:
    """Five cuts in the middle of a conversation lose nothing, double nothing, reorder nothing."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    writer, cut = ann.opens_tab(), bob.opens_tab(reconnects=True)

    for n in range(50):
        if n % 10 == 5:
            wait_until(lambda: cut.is_connected, 5, "the tab is back from the cut before")
            cut.cut()
        writer.posts(room, f"message {n}")

    assert cut.holds(room, 50, within_s=5) == [message["id"] for message in ann.history(room)]
    wait_until(lambda: cut.is_connected, 5, "the tab is back")
    assert cut.connects == 6
    assert_equals_fresh_load(cut, bob, [room])


def test_roster_since_a_known_place_tells_only_changes(server: Server, signs_up: SignsUp) -> None:
    """roster:sync from a known (epoch, rev) names only who changed; from nowhere, everybody."""
    ann, bob, carol = (signs_up(server, name) for name in ("ann", "bob", "carol"))
    room = ann.creates_room()
    bob.joins(room)
    carol.joins(room)
    tab = ann.opens_tab()
    everybody = tab.ask("roster:sync", {})

    bob.opens_tab()
    tab.sees(bob.id, "online", within_s=2)
    changed = tab.ask("roster:sync", {"epoch": everybody["epoch"], "rev": everybody["rev"]})

    assert {one["user_id"] for one in everybody["people"]} == {ann.id, bob.id, carol.id}
    assert everybody["reset"] is True
    assert [(one["user_id"], one["status"]) for one in changed["people"]] == [(bob.id, "online")]
    assert changed["rev"] > everybody["rev"]
