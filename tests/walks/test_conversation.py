"""A conversation on two workers: changes, threads, reading and drafts, in every tab."""

from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]
Scene = tuple[Person, Person, str, Tab, Tab]


@pytest.fixture
def scene(server: Server, signs_up: SignsUp) -> Scene:
    """Ann and Bob in a room of Ann's, each with a tab, on different workers."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    of_ann = ann.opens_tab()
    held_by = server.worker_of(of_ann.local_port)
    of_bob = bob.opens_tab_on(lambda pid: pid != held_by)
    return ann, bob, room, of_ann, of_bob


def changed(tab: Tab, message_id: str, **fields: object) -> None:
    """The tab hears of the message with these fields."""
    tab.waits_for(
        "message:changed",
        lambda told: told["id"] == message_id and fields.items() <= told.items(),
        within_s=10,
    )


def test_every_change_of_a_message_reaches_the_other_worker(scene: Scene) -> None:
    """What a tab shows after edits, reactions, pins, answers and a deletion is a fresh load."""
    ann, bob, room, of_ann, of_bob = scene
    first, second = (of_ann.posts(room, body) for body in ("one", "two"))
    ack = of_ann.ask("message:edit", {"message_id": first["id"], "body": "**one**"})
    of_bob.ask("message:react", {"message_id": first["id"], "emoji": "🎉", "on": True})
    of_ann.ask("message:pin", {"message_id": first["id"], "on": True})
    answer = {"room_id": room, "client_id": "c", "body": "yes", "thread_id": first["id"]}
    of_bob.ask("message:post", answer)
    last = of_ann.ask("message:delete", {"message_id": second["id"]})

    assert ack == {"seq": 1, "rev": ack["rev"]}
    changed(of_bob, second["id"], rev=last["rev"], deleted=True, body="")
    stored = ann.history(room)
    assert stored[0]["reactions"] == [{"emoji": "🎉", "user_ids": [bob.id]}]
    assert stored[0]["thread"]["replies"] == 1
    for tab in (of_ann, of_bob):
        changed(tab, second["id"], rev=last["rev"])
        assert tab.timeline[room].shown() == stored
        assert not tab.timeline[room].has_gap


def test_change_by_http_is_heard_too(scene: Scene) -> None:
    """The routes change what the events change."""
    ann, bob, room, of_ann, of_bob = scene
    message = of_ann.posts(room, "one")["id"]
    path = f"/api/v1/messages/{message}"

    edited = ann.api.call("PATCH", path, {"body": "two"}).json["message"]
    changed(of_bob, message, body="two", rev=edited["rev"])
    reacted = bob.api.post(f"{path}/reactions", {"emoji": "👍", "on": True})
    assert reacted.json["message"]["reactions"][0]["user_ids"] == [bob.id]
    assert ann.api.post(f"{path}/pin", {"on": True}).json["message"]["pinned_by"] == ann.id
    assert [one["body"] for one in ann.api.get(f"{path}/history").json["versions"]] == [
        "one", "two",
    ]  # fmt: skip
    assert bob.api.get(f"/api/v1/rooms/{room}/pins").json["messages"][0]["id"] == message
    assert bob.api.delete(path).error == "forbidden"
    assert ann.api.delete(path).json["message"]["deleted"] is True
    assert ann.api.get(f"{path}/history").json == {"versions": []}


def test_lost_changes_are_found_when_the_tab_comes_back(server: Server, scene: Scene) -> None:
    """What changed while the link was down is asked for by rev, also where no message came."""
    ann, bob, room, of_ann, _ = scene
    ids = [of_ann.posts(room, f"m{n}")["id"] for n in range(4)]
    tab = bob.opens_tab()
    assert tab.holds(room, 4, within_s=10) == ids

    tab.cut()
    tab.is_disconnected(within_s=10)
    last = [of_ann.ask("message:edit", {"message_id": one, "body": "new"}) for one in ids][-1]

    tab.opens()
    assert tab.ready["revs"][room] == last["rev"]
    assert tab.timeline[room].bodies() == ["new"] * 4
    assert tab.timeline[room].shown() == ann.history(room)


def test_own_devices_are_in_step(scene: Scene) -> None:
    """Reading, marking, saving and drafts of one tab are heard by the other, and by nobody else."""
    _, bob, room, of_ann, of_bob = scene
    message = of_ann.posts(room, f"hi @{bob.username}")["id"]
    other = bob.opens_tab()

    of_bob.ask("message:read", {"room_id": room, "seq": 1})
    read = other.waits_for("room:read", lambda told: told["seq"] == 1, within_s=10).payload
    assert (read["unread"], read["mentions"]) == (0, 0)
    of_bob.ask("message:unread", {"room_id": room, "seq": 1})
    marked = other.waits_for("room:read", lambda told: told["seq"] == 0, within_s=10).payload
    assert (marked["unread"], marked["mentions"]) == (1, 1)
    assert marked["version"] > read["version"]
    of_bob.ask("message:save", {"message_id": message, "on": True})
    other.waits_for("saved:changed", lambda told: told == {"message_id": message, "on": True})
    of_bob.ask("draft:set", {"room_id": room, "body": "I think", "version": 1})
    other.waits_for("draft:changed", lambda told: told["body"] == "I think", within_s=10)

    of_ann.waits_for("receipt:read", lambda told: told["user_id"] == bob.id, within_s=10)
    of_bob.ask("message:typing", {"room_id": room, "typing": True})
    of_ann.waits_for("typing:now", lambda told: told["user_id"] == bob.id, within_s=10)
    assert of_ann.heard("room:read") == of_ann.heard("draft:changed") == []
    assert of_ann.heard("saved:changed") == []


def test_here_calls_who_is_present(scene: Scene) -> None:
    """@here is counted for those online; the preview said how many that would be."""
    ann, bob, room, of_ann, of_bob = scene
    of_ann.sees(bob.id, "online", within_s=10)
    preview = ann.api.get(f"/api/v1/rooms/{room}/mention-preview?body=@here").json
    assert preview == {"users": [], "here": 1, "room": 1}

    of_ann.posts(room, "@here lunch?")

    told = of_bob.waits_for("message:new", lambda one: one["room_id"] == room, within_s=10)
    assert told.payload["mentions"] == {"users": [], "here": True}
    listed = {one["id"]: one for one in bob.api.get("/api/v1/rooms").json["rooms"]}
    assert (listed[room]["unread"], listed[room]["mentions"]) == (1, 1)
