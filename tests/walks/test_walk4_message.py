"""Walk 4: message -> commit -> ack -> everybody, in the order of seq."""

from collections.abc import Callable

import pytest

from tests.support.link import RefusedError
from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]


def test_message_reaches_everybody_on_both_workers(server: Server, signs_up: SignsUp) -> None:
    """A posted message comes to every tab of every member, also on the other worker, once."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    sender, same = ann.opens_tab(), ann.opens_tab()
    held_by = server.worker_of(sender.local_port)
    other = bob.opens_tab_on(lambda pid: pid != held_by)

    ack = sender.posts(room, "hello 你好 👋")

    for tab in (sender, same, other):
        tab.waits_for("message:new", lambda message: message["id"] == ack["id"], within_s=2)
        assert tab.timeline[room].bodies() == ["hello 你好 👋"]
        assert tab.timeline[room].heard_again == []


def test_message_is_stored_before_it_is_acknowledged(server: Server, signs_up: SignsUp) -> None:
    """Whoever holds the ack finds the message in the history at once, with what the ack says."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    tab = ann.opens_tab()

    ack = tab.posts(room, "kept")

    (stored,) = ann.history(room)
    assert {name: stored[name] for name in ("id", "seq", "at_ms", "rev")} == ack
    assert (stored["body"], stored["author_id"], stored["seq"]) == ("kept", ann.id, 1)


def test_message_posted_twice_with_one_client_id_is_one_message(
    server: Server, signs_up: SignsUp
) -> None:
    """A retry with the same client id, by socket or HTTP, gets the first one's ack (R6)."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    tab, reader = ann.opens_tab(), bob.opens_tab()

    first = tab.posts(room, "once", client_id="same")
    again = tab.posts(room, "once", client_id="same")
    by_http = ann.api.post(f"/api/v1/rooms/{room}/messages", {"client_id": "same", "body": "once"})

    assert again == {**first, "again": True}
    assert (by_http.status, by_http.json["message"]["id"]) == (200, first["id"])
    tab.posts(room, "after")
    assert reader.holds(room, 2, within_s=2) == [one["id"] for one in ann.history(room)]
    assert [m["seq"] for m in reader.heard("message:new")] == [1, 2]


def test_messages_of_two_senders_have_one_order_without_holes(
    server: Server, signs_up: SignsUp
) -> None:
    """Both tabs show what two people on two workers wrote in the same order, seq 1, 2, 3 ..."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    first = ann.opens_tab()
    held_by = server.worker_of(first.local_port)
    second = bob.opens_tab_on(lambda pid: pid != held_by)

    seqs = [tab.posts(room, f"message {n}")["seq"] for n in range(20) for tab in (first, second)]

    assert seqs == list(range(1, 41))
    assert first.holds(room, 40, within_s=2) == second.holds(room, 40, within_s=2)


def test_message_to_a_room_that_was_left_is_refused(server: Server, signs_up: SignsUp) -> None:
    """R8: who left a room can neither write to it nor hear it, on a connection that stays open."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    writer, gone = ann.opens_tab(), bob.opens_tab()

    assert bob.api.post(f"/api/v1/rooms/{room}/leave").status == 200
    gone.waits_for("room:left", lambda left: left["room_id"] == room, within_s=1)
    writer.posts(room, "secret")

    with pytest.raises(RefusedError, match="not_member"):
        gone.posts(room, "still here")
    gone.ask("message:since", {"rooms": {room: 0}})  # answered after anything sent before
    assert gone.heard("message:new") == []
    assert [one["body"] for one in ann.history(room)] == ["secret"]
