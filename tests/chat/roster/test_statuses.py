"""A user's own word: kept in SQL, told to his tabs alone, shown to the others by the store."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from chat import wire
from chat.connections import Connections, LiveConnection
from chat.db import Database
from chat.errors import Forbidden, Invalid, NotFound, RateLimited
from chat.fanout import Fanout
from chat.ids import UserId
from chat.redis_client import connect, connect_blocking
from chat.roster.claims import Claims
from chat.roster.service import Roster
from chat.roster.statuses import Statuses
from chat.terms import ADMIN, Identity
from presence.terms import Claim, Claimed
from presence.tracker import Tracker
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.chat.live_parts import Screens, connection_of
from tests.presence.workers import QUICK
from tests.support.redis_process import RedisProcess

HOUR_MS = 3_600_000
BUSY = wire.PresenceSet(status="busy", text="deep work", emoji="🎧")


class Scene:
    """Statuses over a database, a Redis and the tabs of one worker."""

    def __init__(self, db: Database, clock: MovedClock, tracker: Tracker) -> None:
        self.house = House(db, clock)
        self.tracker = tracker
        self.clock = clock
        self.claims = Claims(db, clock)
        self.screens = Screens()
        self.connections = Connections(self.screens.send)
        self.roster = Roster(tracker, self.house.memberships, lambda: None)
        self.statuses = Statuses(
            tracker,
            self.claims,
            roster=self.roster,
            fanout=Fanout(self.connections, lambda *_: None, lambda *_: None),
            connections=self.connections,
            now_ms=clock,
        )
        self.ann = self.house.signs_up("ann")

    def opens(self, user: Identity) -> LiveConnection:
        """Return an open tab of the user."""
        connection = connection_of(user.user_id)
        self.connections.add(connection)
        connection.parked = None
        self.tracker.connected(user.user_id, connection.id, device="computer")
        return connection


@pytest.fixture
def scene(db: Database, moved_clock: MovedClock, redis_server: RedisProcess) -> Iterator[Scene]:
    """A scene on an empty Redis and a fresh database."""
    redis_server.flush()
    client = connect(redis_server.url)
    tracker = Tracker(
        client,
        partial(connect_blocking, redis_server.url),
        QUICK,
        on_transitions=lambda _epoch, _transitions: None,
        on_reset=lambda _epoch: None,
        on_available=lambda _is_available: None,
    )
    tracker.start()
    yield Scene(db, moved_clock, tracker)
    tracker.stop()
    client.close()


def test_status_set_is_shown_told_and_kept(scene: Scene) -> None:
    """The ack is what others see and why; each own tab learns the claim; SQL has it."""
    tab, other = scene.opens(scene.ann), scene.opens(scene.ann)

    seen = scene.statuses.set(scene.ann, BUSY)

    assert (seen.status, seen.text, seen.emoji) == ("busy", "deep work", "🎧")
    own = {"status": "busy", "text": "deep work", "emoji": "🎧", "until_ms": None, "version": 1}
    for one in (tab, other):
        assert scene.screens.of(one) == [("presence:own", own)]
    kept = scene.claims.of([scene.ann.user_id])
    assert kept == {scene.ann.user_id: Claim(Claimed.BUSY, "deep work", "🎧", None, 1)}
    assert isinstance(seen.why, wire.PresenceWhy)
    assert seen.why.rule == "claim"
    assert {one.device for one in seen.why.connections} == {"computer"}


def test_each_claim_has_the_next_version(scene: Scene) -> None:
    """Versions count on, so that a store takes the newest in whatever order they come."""
    for expected in (1, 2, 3):
        scene.statuses.set(scene.ann, wire.PresenceSet(status="online"))
        assert scene.claims.of([scene.ann.user_id])[scene.ann.user_id].version == expected


def test_invisible_is_offline_to_all_and_known_to_himself(scene: Scene) -> None:
    """The ack says what others see, and the claim behind it."""
    scene.opens(scene.ann)

    seen = scene.statuses.set(scene.ann, wire.PresenceSet(status="invisible", text="secret"))

    assert (seen.status, seen.text) == ("offline", None)
    assert isinstance(seen.why, wire.PresenceWhy)
    assert (seen.why.claim.status, seen.why.claim.text) == ("invisible", "secret")


@pytest.mark.parametrize(
    "request_",
    [
        wire.PresenceSet(status="busy", text="x" * 101),
        wire.PresenceSet(status="busy", emoji="busy"),
        wire.PresenceSet(status="busy", until_ms=1),
        wire.PresenceSet(status="busy", until_ms=2**53 - 1),
    ],
)
def test_what_cannot_be_claimed_changes_nothing(scene: Scene, request_: wire.PresenceSet) -> None:
    """Too long, no emoji, in the past, in another century: refused, and nothing is stored."""
    with pytest.raises(Invalid):
        scene.statuses.set(scene.ann, request_)

    assert scene.claims.of([scene.ann.user_id]) == {}


def test_who_sets_too_often_must_wait(scene: Scene) -> None:
    """Each claim is a frame to every viewer: they are limited."""
    for _ in range(60):
        scene.statuses.set(scene.ann, BUSY)

    with pytest.raises(RateLimited) as refusal:
        scene.statuses.set(scene.ann, BUSY)

    assert refusal.value.retry_after_s
    assert scene.claims.of([scene.ann.user_id])[scene.ann.user_id].version == 60


def test_why_is_for_oneself_alone(scene: Scene) -> None:
    """Not even somebody who shares a room is told why, nor whether there is anything to tell."""
    ben = scene.house.signs_up("ben")

    for user_id in (ben.user_id, "nobody"):
        with pytest.raises(Forbidden):
            scene.statuses.explained(scene.ann, user_id)  # type: ignore[arg-type] # any text


def test_administrators_are_told_why_of_anybody(scene: Scene) -> None:
    """Also of somebody with whom they share no room; of nobody there is nothing to tell."""
    admin = replace(scene.house.signs_up("root"), role=ADMIN)
    scene.statuses.set(scene.ann, BUSY)

    told = scene.statuses.explained(admin, scene.ann.user_id)

    assert told.why
    assert (told.user_id, told.why.claim.status) == (scene.ann.user_id, "busy")
    with pytest.raises(NotFound):
        scene.statuses.explained(admin, UserId("nobody"))


def test_lapsed_claim_is_told_to_the_tabs_here(scene: Scene) -> None:
    """After its end the claim reads as none, of the same version."""
    tab, until_ms = scene.opens(scene.ann), scene.clock() + HOUR_MS
    scene.statuses.set(scene.ann, wire.PresenceSet(status="away", until_ms=until_ms))
    scene.clock.passes(HOUR_MS / 1000)

    scene.statuses.lapsed({scene.ann.user_id})

    own = {"status": "online", "text": None, "emoji": None, "until_ms": None, "version": 1}
    assert scene.screens.of(tab)[-1] == ("presence:own", own)
