"""How little others hear: of who changes his mind all the time, of the invisible, of strangers."""

import itertools
import time
from collections.abc import Callable

from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab, Wire
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
APART_MS = 1_000
TOGGLES = 50


def changes_of(tab: Tab, person: Person) -> list[Wire]:
    """Every change of the person that the tab was told, in order."""
    diffs = tab.heard("presence:diff")
    return [one for diff in diffs for one in diff["changes"] if one["user_id"] == person.id]


def toggles(tab: Tab) -> Wire:
    """The user changes his mind fifty times; returns the last answer."""
    answer = None
    for n in range(TOGGLES):
        status = "online" if n % 2 else "busy"
        answer = tab.ask("presence:set", {"status": status, "text": f"n{n}"})
        assert "error" not in answer, answer
    return answer


def test_others_hear_of_a_fickle_user_once_a_second(server: Server, signs_up: SignsUp) -> None:
    """Fifty statuses at once: own tabs hear each, others one a second, and the last is right."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()
    tab, own = ann.opens_tab(), ann.opens_tab()
    viewer.sees(ann.id, "online", within_s=10)
    began_s = time.monotonic()

    answer = toggles(tab)

    assert (answer["status"], answer["text"]) == ("online", f"n{TOGGLES - 1}")
    wait_until(lambda: len(own.heard("presence:own")) == TOGGLES, 10, "own tabs hear each")
    last = f"n{TOGGLES - 1}"
    wait_until(lambda: changes_of(viewer, ann)[-1].get("text") == last, 10, "the last is told")
    assert len(changes_of(viewer, ann)) - 1 <= time.monotonic() - began_s + 1
    past = ann.api.get(f"/api/v1/users/{ann.id}/presence?why=1").json["why"]["transitions"]
    at_ms = sorted(one["at_ms"] for one in past if one["cause"] == "claimed")
    assert all(later - one >= APART_MS for one, later in itertools.pairwise(at_ms))


def test_others_hear_once_a_second_where_a_fickle_tab_is(server: Server, signs_up: SignsUp) -> None:
    """Going from room to room, idle and back: others get one change a second, then the last."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    rooms = [bob.creates_room(), bob.creates_room()]
    for room in rooms:
        ann.joins(room)
    viewer, tab = bob.opens_tab(), ann.opens_tab()
    viewer.sees(ann.id, "online", within_s=10)
    began_s = time.monotonic()

    for n in range(TOGGLES):
        tab.ask("presence:visible", {"visible": True, "idle": n % 3 == 0, "room_id": rooms[n % 2]})

    last = [rooms[(TOGGLES - 1) % 2]]
    wait_until(lambda: changes_of(viewer, ann)[-1].get("here") == last, 10, "the last is told")
    assert len(changes_of(viewer, ann)) - 1 <= time.monotonic() - began_s + 1


def test_bytes_about_the_invisible_are_those_about_the_offline(
    server: Server, signs_up: SignsUp
) -> None:
    """Whatever she does while she is invisible, the viewer's socket gets what absence gives."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    ann.joins(room)
    viewer, tab = bob.opens_tab(), ann.opens_tab()
    tab.ask("presence:set", {"status": "invisible"})
    viewer.sees(ann.id, "offline", within_s=10)

    invisible = heard_while(viewer, lambda: goes_about(ann, tab, room))
    tab.closes()
    offline = heard_while(viewer, lambda: None)

    assert invisible == offline == 0


def test_who_shares_no_room_hears_no_byte(server: Server, signs_up: SignsUp) -> None:
    """A stranger's socket gets nothing of one who comes, toggles, moves and leaves."""
    ann, bob, eve = (signs_up(server, name) for name in ("ann", "bob", "eve"))
    room = bob.creates_room()
    ann.joins(room)
    eve.creates_room()
    member, stranger = bob.opens_tab(), eve.opens_tab()
    stranger.sees(eve.id, "online", within_s=10)

    def comes_and_leaves() -> None:
        tab = ann.opens_tab()
        member.sees(ann.id, "online", within_s=10)
        goes_about(ann, tab, room)
        tab.closes()
        member.sees(ann.id, "offline", within_s=10)

    assert heard_while(stranger, comes_and_leaves) == 0
    assert changes_of(member, ann)


def goes_about(person: Person, tab: Tab, room: str) -> None:
    """The person does all that a present person does without speaking."""
    tab.ask("presence:set", {"status": "invisible", "text": "secret"})
    for visible in (False, True):
        tab.ask("presence:visible", {"visible": visible, "room_id": room})
    other = person.opens_tab()
    other.ask("roster:sync", {})
    other.closes()


def heard_while(viewer: Tab, act: Callable[[], None]) -> int:
    """How many bytes reach the viewer's socket while act is done and for a sweep and more after."""
    _settles(viewer)
    before = viewer.heard_bytes
    act()
    _settles(viewer)
    return viewer.heard_bytes - before


def _settles(viewer: Tab) -> None:
    """Nothing came for as long as a change may wait to be told."""
    last, since = viewer.heard_bytes, time.monotonic()

    def is_still() -> bool:
        nonlocal last, since
        if viewer.heard_bytes != last:
            last, since = viewer.heard_bytes, time.monotonic()
        return time.monotonic() - since > 2.0

    wait_until(is_still, 15, "the socket is still")
