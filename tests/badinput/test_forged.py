"""Nobody hears what is not for him, whatever he asks for: rooms are entered by the server alone."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.badinput.conftest import Scene
from tests.support.people import Person
from tests.support.raw import RawSocket
from tests.support.server import Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]

JOINS = ("join", "room:join", "join_room", "subscribe", "enter_room", "room:enter", "message:since")


def test_forged_joins_let_nobody_into_a_private_room(server: Server, signs_up: SignsUp) -> None:
    """Room ids, user ids, connection ids, by every name that a join could have, from both workers:
    an error or nothing is the answer, and not one event leaks of what is said there."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    private = ann.creates_room(visibility="private")
    victim, spies = ann.opens_tab(), spies_on_both_workers(server, bob)
    victims_id = str(victim.ready["connection_id"])
    wanted: list[Any] = [private, f"room:{private}", f"user:{ann.id}", ann.id, victims_id, "*"]
    wanted += ["", None, 0, [private], {}]

    with closing(RawSocket(server.host, bob.api.cookie)) as raw:
        for room in wanted:
            for spy in spies:
                asks_in(spy, room)
        forges(raw, private)
        assert bob.api.post(f"/api/v1/rooms/{private}/join").status == 404
        said_s = time.monotonic()
        victim.posts(private, "between ourselves")

        after_a_beat(spies, said_s)
        for spy in spies:
            assert private not in repr(spy.events)
        assert private not in raw.receives_all(0.5)


def test_room_that_was_just_left_tells_nothing_more(server: Server, signs_up: SignsUp) -> None:
    """Tabs on both workers, the room left by HTTP: what is said there afterwards is not theirs, and
    they cannot ask for it."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    member, spies = ann.opens_tab(), spies_on_both_workers(server, bob)

    assert bob.api.post(f"/api/v1/rooms/{room}/leave").status == 200
    for spy in spies:
        spy.waits_for("room:left", lambda left: left["room_id"] == room)
    left_s = time.monotonic()
    member.posts(room, "now that he is gone")

    assert [spy.ask("message:since", {"rooms": {room: 0}}) for spy in spies] == [{"rooms": {}}] * 2
    after_a_beat(spies, left_s)
    for spy in spies:
        heard = [event for event in spy.events if event.name == "message:new"]
        assert heard == []
        assert "now that he is gone" not in repr(spy.events)


@pytest.mark.parametrize("namespace", ["/admin", "/", "/%00", "/../", "/" + "x" * 200])
def test_another_namespace_lets_nobody_in(namespace: str, scene: Scene) -> None:
    """There is one namespace; asking for another ends in a refusal or in nothing."""
    raw = scene.raw(scene.bob.api.cookie, connect=False)

    raw.sends(f"40{namespace},")
    raw.sends(f'42{namespace},["message:since",{{"rooms":{{"{scene.private}":0}}}}]')

    assert scene.private not in raw.receives_all(1)


def spies_on_both_workers(server: Server, person: Person) -> list[Tab]:
    """Return a tab of the person on each worker."""
    first = person.opens_tab()
    held_by = server.worker_of(first.local_port)
    return [first, person.opens_tab_on(lambda pid: pid != held_by)]


def asks_in(spy: Tab, room: object) -> None:
    """Every event that might be a join, with every payload that might name the room."""
    for event in JOINS:
        for payload in (room, {"room": room}, {"room_id": room}, {"rooms": {str(room): 0}}):
            answer = spy.ask(event, payload)
            assert answer.keys() <= {"error", "rooms"}, answer
            assert answer.get("rooms", {}) == {}


def after_a_beat(spies: list[Tab], since_s: float) -> None:
    """Each spy has heard the heads once more: whatever was on its way has arrived."""
    for spy in spies:
        spy.waits_for_one_after("room:heads", since_s)


def forges(raw: RawSocket, room: str) -> None:
    """Packets that name a room below the level of events."""
    for packet in (
        f'40/,{{"room":"{room}"}}',
        f'42["join","{room}"]',
        f'42["enter_room","{room}"]',
        f'421["connect",{{"room":"{room}"}}]',
        f'42["room","{room}"]',
    ):
        raw.sends(packet)
