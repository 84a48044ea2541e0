"""Here now: who has the room in front, as the others see it, from one worker to the other."""

from collections.abc import Callable

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab
from tests.support.waiting import holds_for, wait_until

SignsUp = Callable[[Server, str], Person]


def shows(tab: Tab, room_id: str | None, *, visible: bool = True, idle: bool = False) -> None:
    """The tab tells what it has in front."""
    request = {"visible": visible, "idle": idle, "room_id": room_id}
    assert tab.ask("presence:visible", request) == {}


def here_of(tab: Tab, person: Person) -> list[str] | None:
    """The rooms in which the tab was last told that the person is; None if nothing was told."""
    told = [
        change.get("here", [])
        for diff in tab.heard("presence:diff")
        for change in diff["changes"]
        if change["user_id"] == person.id
    ]
    return told[-1] if told else None


def waits_until_here(tab: Tab, person: Person, *room_ids: str) -> None:
    wait_until(lambda: here_of(tab, person) == sorted(room_ids), 10, f"{person.username} is here")


def on_the_other_worker(server: Server, person: Person, tab: Tab) -> Tab:
    pid = server.worker_of(tab.local_port)
    return person.opens_tab_on(lambda other: other != pid)


def test_members_see_who_has_the_room_in_front(server: Server, signs_up: SignsUp) -> None:
    """On the other worker too: going from room to room, hiding the tab, closing it."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    den, attic = bob.creates_room(), bob.creates_room()
    ann.joins(den)
    ann.joins(attic)
    tab = ann.opens_tab()
    viewer = on_the_other_worker(server, bob, tab)

    shows(tab, den)
    waits_until_here(viewer, ann, den)
    shows(tab, attic)
    waits_until_here(viewer, ann, attic)
    shows(tab, attic, visible=False)
    waits_until_here(viewer, ann)
    shows(tab, attic)
    waits_until_here(viewer, ann, attic)
    tab.closes()
    viewer.sees(ann.id, "offline", within_s=10)
    assert here_of(viewer, ann) == []


def test_roster_and_list_of_rooms_say_who_is_here(server: Server, signs_up: SignsUp) -> None:
    """A newcomer learns it without an event: members and counts, for members alone."""
    ann, bob, eve = (signs_up(server, name) for name in ("ann", "bob", "eve"))
    den = bob.creates_room()
    ann.joins(den)
    shows(ann.opens_tab(), den)

    def members() -> dict[str, list[str]]:
        found = bob.api.get(f"/api/v1/rooms/{den}/roster").json["members"]
        return {member["user_id"]: member["here"] for member in found}

    def listed(person: Person) -> object:
        rooms = person.api.get("/api/v1/rooms").json["rooms"]
        return next(room for room in rooms if room["id"] == den).get("here")

    assert members() == {ann.id: [den], bob.id: []}
    wait_until(lambda: listed(bob) == 1, 10, "the count is told")
    assert listed(eve) is None


def test_who_shares_another_room_learns_nothing(server: Server, signs_up: SignsUp) -> None:
    """Only the members of a room are told who has it in front; on no path anybody else."""
    ann, bob, eve = (signs_up(server, name) for name in ("ann", "bob", "eve"))
    den, hall = bob.creates_room(), eve.creates_room()
    for room in (den, hall):
        ann.joins(room)
    tab, member, other = ann.opens_tab(), bob.opens_tab(), eve.opens_tab()
    other.waits_for("presence:diff", lambda diff: eve.id in str(diff), within_s=10)
    before = len(other.events)
    place = {"epoch": other.roster.epoch, "rev": other.roster.rev}

    shows(tab, den)
    waits_until_here(member, ann, den)
    shows(tab, None)
    waits_until_here(member, ann)

    assert [e.name for e in other.events[before:] if e.name != "room:heads"] == []
    assert other.ask("roster:sync", place)["people"] == []
    assert den not in str(other.ask("roster:sync", {}))


def test_room_of_others_is_refused(server: Server, signs_up: SignsUp) -> None:
    """Nobody is here where he is no member; the refusal does not tell whether the room exists."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    private = bob.creates_room(visibility="private")
    tab = ann.opens_tab()
    for room_id in (private, "no-such-room"):
        answer = tab.ask("presence:visible", {"visible": True, "room_id": room_id})
        assert answer["error"]["code"] == "not_member"


def test_room_that_was_joined_just_now_may_be_named_at_once(
    server: Server, signs_up: SignsUp
) -> None:
    """The answer to joining may come before the bus has told the tab's worker."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    tab = ann.opens_tab()
    for _ in range(5):
        room = bob.creates_room()
        ann.joins(room)
        shows(tab, room)


def test_invisible_is_here_nowhere_and_busy_is(server: Server, signs_up: SignsUp) -> None:
    """Busy people may be here; of the invisible nothing is told, wherever they go."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    den, attic = bob.creates_room(), bob.creates_room()
    ann.joins(den)
    ann.joins(attic)
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    tab.ask("presence:set", {"status": "busy"})
    shows(tab, den)
    waits_until_here(viewer, ann, den)

    tab.ask("presence:set", {"status": "invisible"})
    viewer.sees(ann.id, "offline", within_s=10)
    before = len(viewer.heard("presence:diff"))
    shows(tab, attic)

    holds_for(lambda: len(viewer.heard("presence:diff")) == before, 1.5, "nothing is told")
    people = viewer.ask("roster:sync", {})["people"]
    assert next(one for one in people if one["user_id"] == ann.id)["here"] == []
