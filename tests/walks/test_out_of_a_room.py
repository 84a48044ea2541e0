"""R8: who is kicked or banned is out of the room on every worker within a second, and stays out."""

from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]
BOUND_S = 1.0


def tabs_on_both_workers(server: Server, person: Person) -> tuple[Tab, Tab]:
    """Return two tabs of the person, held by different workers."""
    first = person.opens_tab()
    held_by = server.worker_of(first.local_port)
    return first, person.opens_tab_on(lambda pid: pid != held_by)


@pytest.mark.parametrize("code", ["kicked", "banned"])
def test_who_is_put_out_hears_nothing_more_on_any_worker(
    server: Server, signs_up: SignsUp, code: str
) -> None:
    """His tabs are told why, the members see him go, and what he asks for is refused."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    tabs, keeper = tabs_on_both_workers(server, bob), ann.opens_tab()

    if code == "kicked":
        answer = ann.api.delete(f"/api/v1/rooms/{room}/members/{bob.id}?reason=noise")
        assert answer.status == 204, answer.body
    else:
        answer = ann.api.post(f"/api/v1/rooms/{room}/bans", {"user_id": bob.id})
        assert answer.status == 201, answer.body

    for tab in tabs:
        left = tab.waits_for("room:left", lambda told: told["room_id"] == room, within_s=BOUND_S)
        assert left.payload["code"] == code
        payload = {"room_id": room, "client_id": code, "body": "still here?"}
        assert tab.ask("message:post", payload)["error"]["code"] == "not_member"
    keeper.waits_for("member:left", lambda told: told["user_id"] == bob.id)
    keeper.posts(room, "he is gone")
    keeper.holds(room, 1, within_s=5)
    assert [tab.heard("message:new") for tab in tabs] == [[], []]
    assert bob.api.get(f"/api/v1/rooms/{room}/messages").error == "not_member"
    back = bob.api.post(f"/api/v1/rooms/{room}/join")
    assert (back.status, back.error) == (
        (200, "") if code == "kicked" else (403, "banned_from_room")
    )


def test_change_of_a_room_reaches_members_on_every_worker(
    server: Server, signs_up: SignsUp
) -> None:
    """A new topic and a new role are shown on both workers, with revs one after the other."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    tabs = tabs_on_both_workers(server, bob)
    path = f"/api/v1/rooms/{room}"

    assert ann.api.call("PATCH", path, {"topic": "Talk"}).status == 200
    role = {"role": "moderator"}
    assert ann.api.call("PATCH", f"{path}/members/{bob.id}", role).status == 200

    for tab in tabs:
        changed = tab.waits_for("room:changed", lambda told: told["room_id"] == room).payload
        member = tab.waits_for("member:changed", lambda told: told["room_id"] == room).payload
        assert changed["room"]["topic"] == "Talk"
        assert (member["member"]["role"], member["rev"]) == ("moderator", changed["rev"] + 1)
