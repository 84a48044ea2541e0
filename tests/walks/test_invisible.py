"""R9: what others get about somebody invisible equals what they get about somebody who left."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]


def turns_invisible(ann: Person, tab: Tab) -> None:
    """Ann is invisible, and then does all that a present person does without speaking."""
    tab.ask("presence:set", {"status": "invisible", "text": "secret", "emoji": "🤫"})
    tab.ask("presence:set", {"status": "invisible", "text": "still here"})
    tab.ask("presence:visible", {"visible": False})
    tab.ask("presence:visible", {"visible": True})
    (room,) = tab.ready["heads"]
    assert tab.ask("message:read", {"room_id": room, "seq": 1})["unread"] == 0
    assert tab.ask("message:typing", {"room_id": room, "typing": True}) == {}
    tab.ask("draft:set", {"room_id": room, "body": "what I think", "version": 1})
    ann.opens_tab().closes()


def leaves(ann: Person, tab: Tab) -> None:
    """Ann closes her only tab; what she asks afterwards by HTTP is no connection."""
    assert ann.tabs == [tab]
    tab.closes()


def test_frames_about_the_invisible_are_those_about_the_offline(
    server: Server, signs_up: SignsUp
) -> None:
    """Every frame and answer that a viewer gets is the same, from online to a room left."""
    told = [frames_of(server, signs_up, goes) for goes in (turns_invisible, leaves)]

    assert told[0] == told[1]
    assert any("offline" in json.dumps(frame) for frame in told[0])


def test_own_tabs_know_that_they_are_invisible(server: Server, signs_up: SignsUp) -> None:
    """Each tab, also one that opens later, learns the claim that nobody else is told."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    tab, other, viewer = ann.opens_tab(), ann.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)

    ack = tab.ask("presence:set", {"status": "invisible", "text": "secret"})

    viewer.sees(ann.id, "offline", within_s=1)
    assert ack["status"] == "offline"
    assert ack["why"]["claim"]["status"] == "invisible"
    wait_until(lambda: other.heard("presence:own"), 2, "the other tab is told")
    assert other.heard("presence:own")[-1]["text"] == "secret"
    assert ann.opens_tab().ready["own"]["status"] == "invisible"
    assert viewer.heard("presence:own") == []
    why = ann.api.get(f"/api/v1/users/{ann.id}/presence?why=1").json
    assert (why["status"], why["why"]["rule"], len(why["why"]["connections"])) == (
        "offline", "claim", 3,
    )  # fmt: skip
    assert bob.api.get(f"/api/v1/users/{ann.id}/presence?why=1").error == "forbidden"


def test_claim_outlives_every_tab(server: Server, signs_up: SignsUp) -> None:
    """Who was busy and closed everything is busy when he opens the next tab."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    tab = ann.opens_tab()
    tab.ask("presence:set", {"status": "busy", "text": "deep work", "emoji": "🎧"})
    viewer.sees(ann.id, "busy", within_s=1)
    tab.closes()
    viewer.sees(ann.id, "offline", within_s=5)

    ann.opens_tab()

    viewer.sees(ann.id, "busy", within_s=1)
    newest = viewer.heard("presence:diff")[-1]["changes"][-1]
    assert (newest["text"], newest["emoji"]) == ("deep work", "🎧")


def frames_of(server: Server, signs_up: SignsUp, goes: Callable[[Person, Tab], None]) -> list[Any]:
    """Return all that the viewer is told of Ann, from before she comes until a witness came."""
    ann, bob, witness = (signs_up(server, name) for name in ("ann", "bob", "witness"))
    viewer = bob.opens_tab()
    room = bob.creates_room()
    viewer.waits_for("room:joined")
    for one in (ann, witness):
        one.joins(room)
        hears_join(viewer, one)
    viewer.sees(bob.id, "online", within_s=10)
    before = len(viewer.events)
    tab = ann.opens_tab()
    is_told(viewer, ann, "online", before)
    message = viewer.posts(room, "hello", client_id="first")

    goes(ann, tab)

    is_told(viewer, ann, "offline", before)
    asked = [viewer.ask("roster:sync", {})]
    asked += [bob.api.get(f"/api/v1/rooms/{room}/roster").json]
    asked += [bob.api.get(f"/api/v1/users/{ann.id}/presence").json]
    asked += [bob.api.get(f"/api/v1/rooms/{room}/receipts").json]
    asked += [bob.api.get(f"/api/v1/rooms/{room}/mention-preview?body=@here").json]
    ann.api.post(f"/api/v1/rooms/{room}/leave")
    viewer.waits_for("member:left", within_s=10)
    ann.joins(room)
    hears_join(viewer, ann, times=2)
    witness.opens_tab()
    is_told(viewer, witness, "online", before)
    names = {ann.id: "ANN", bob.id: "BOB", witness.id: "WITNESS", room: "ROOM"}
    names |= {message["id"]: "MESSAGE"}
    names |= {one.username: name for one, name in ((ann, "ann"), (bob, "bob"), (witness, "w"))}
    told = [one for one in told_to(viewer, before) if not is_about(bob, one)]
    return [_plain(one, names) for one in [*told, *asked]]


def hears_join(viewer: Tab, person: Person, *, times: int = 1) -> None:
    """The viewer was told so often that the person joined."""

    def heard() -> bool:
        joined = [one["member"]["user_id"] for one in viewer.heard("member:joined")]
        return joined.count(person.id) == times

    wait_until(heard, 10, "the join is told")


def is_told(viewer: Tab, person: Person, status: str, before: int) -> None:
    """A diff brought the status; the answer to a roster:sync may have shown it earlier."""

    def told() -> bool:
        changes = [change for name, change in told_to(viewer, before) if name == "presence:diff"]
        return any((one["user_id"], one["status"]) == (person.id, status) for one in changes)

    wait_until(told, 10, f"a diff with {status}")


def is_about(person: Person, frame: list[Any]) -> bool:
    """Whether the frame is a change of the person's presence."""
    name, payload = frame
    return bool(name == "presence:diff" and payload["user_id"] == person.id)


def told_to(viewer: Tab, before: int) -> list[Any]:
    """Return the frames after the first so many, without those that come by the clock; a diff
    counts by its changes.

    How many changes one diff gathers is chance, as is what strangers on the server put into the
    log: that nothing is logged of the invisible is tests/presence/test_claims.py's."""
    told: list[Any] = []
    for one in list(viewer.events)[before:]:
        if one.name == "presence:diff":
            told += [[one.name, change] for change in one.payload["changes"]]
        elif one.name not in {"session:ready", "room:heads"}:
            told.append([one.name, one.payload])
    return told


def _plain(value: Any, names: dict[str, str]) -> Any:
    """The value without what differs between any two people: names, times, places in the log."""
    if isinstance(value, list):
        return [_plain(one, names) for one in value]
    if not isinstance(value, dict):
        return names.get(value, value) if isinstance(value, str) else value
    plain = {key: _plain(one, names) for key, one in value.items() if key != "rev"}
    for key in plain:
        if key == "at_ms" or key.endswith("_at_ms"):
            plain[key] = value[key] is not None
    return plain
