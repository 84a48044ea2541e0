"""Old snapshot and what was heard, repaired by a resync, equal a new snapshot; members too.

Over the real store and both databases: what one viewer's connection is sent, some of it lost."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from chat import wire
from chat.connections import Connections, LiveConnection
from chat.db import Database
from chat.fanout import Fanout
from chat.ids import RoomId
from chat.redis_client import connect, connect_blocking
from chat.roster.announcer import Announcer
from chat.roster.last_seen import LastSeen
from chat.roster.moves import Moves
from chat.roster.service import Roster
from chat.terms import Identity
from presence.terms import Claim, Claimed
from presence.timings import Timings
from presence.tracker import Tracker
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.chat.live_parts import Screens, connection_of
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

Line = tuple[str, str | None, tuple[str, ...]]  # status, text, rooms in which he is here
PEOPLE = ("ann", "bob", "cleo", "dan", "viewer")
ACTS = 30
CALM = Timings(apart_ms=0)


class Client:
    """What a right client holds, written from PROTOCOL.md alone."""

    def __init__(self) -> None:
        self.epoch, self.rev = "", 0
        self.people: dict[str, tuple[int, Line]] = {}
        self.rooms: dict[str, int] = {}
        self.moves: dict[str, dict[str, tuple[int, bool]]] = {}

    def reads_room(self, room_id: str, found: wire.Roster) -> None:
        """The roster of a room, by HTTP."""
        self._has(room_id, found.room_rev, [one.user_id for one in found.members])
        self._shows(found.rev, found.members)

    def asks(self) -> wire.RosterSync:
        """What `roster:sync` is sent."""
        return wire.RosterSync(epoch=self.epoch or None, rev=self.rev, rooms=self.rooms)

    def syncs(self, answer: wire.RosterSynced) -> None:
        """The answer is applied."""
        self.epoch, self.rev = answer.epoch, answer.rev
        self._shows(answer.rev, answer.people)
        for room_id, room in (answer.rooms or {}).items():
            self._has(room_id, room.rev, room.user_ids)

    def hears(self, name: str, event: dict[str, Any]) -> None:
        """One event of the socket. The place to sync from stays that of the last sync."""
        if name == "presence:diff":
            for change in event["changes"]:
                self._show(event["rev"], change)
        elif name == "member:joined":
            self._moves(event, event["member"]["user_id"], is_in=True)
            self._show(event["presence"]["rev"], event["member"])
        elif name == "member:left":
            self._moves(event, event["user_id"], is_in=False)

    def shown(self) -> dict[str, dict[str, Line]]:
        """Of each room, who is in it and how he is."""
        return {
            room_id: {
                user_id: self._in_room(user_id, room_id)
                for user_id, (_, is_in) in self.moves[room_id].items()
                if is_in
            }
            for room_id in self.rooms
        }

    def _in_room(self, user_id: str, room_id: str) -> Line:
        status, text, here = self.people[user_id][1]
        return status, text, tuple(one for one in here if one == room_id)

    def _has(self, room_id: str, rev: int, user_ids: list[str]) -> None:
        later = {one: m for one, m in self.moves.get(room_id, {}).items() if m[0] > rev}
        self.rooms[room_id] = rev
        self.moves[room_id] = dict.fromkeys(user_ids, (rev, True)) | later

    def _moves(self, event: dict[str, Any], user_id: str, *, is_in: bool) -> None:
        room_id, rev = event["room_id"], event["rev"]
        if room_id not in self.rooms:
            return
        if rev > self.moves[room_id].get(user_id, (self.rooms[room_id], False))[0]:
            self.moves[room_id][user_id] = (rev, is_in)

    def _shows(self, rev: int, lines: list[wire.Member]) -> None:
        for line in lines:
            self._show(rev, msgspec.to_builtins(line))

    def _show(self, rev: int, line: dict[str, Any]) -> None:
        user_id = line["user_id"]
        if user_id in self.people and self.people[user_id][0] > rev:
            return
        look = (line["status"], line.get("text"), tuple(line.get("here", ())))
        self.people[user_id] = (rev, look)


class Town:
    """Five people, two rooms, one worker; the viewer is in both rooms and hears on one socket."""

    def __init__(self, db: Database, clock: MovedClock, redis: RedisProcess) -> None:
        self.screens = Screens()
        self.connections = Connections(self.screens.send)
        self.fanout = Fanout(self.connections, lambda *_: None, lambda *_: None)
        self._client = connect(redis.url)
        self.tracker = Tracker(
            self._client,
            partial(connect_blocking, redis.url),
            CALM,
            on_transitions=self._announce,
            on_reset=lambda _epoch: None,
            on_available=lambda _is_available: None,
        )
        last_seen = LastSeen(db)
        memberships = House(db, clock).memberships
        self.roster = Roster(self.tracker, memberships, lambda: None)
        moves = Moves(self.fanout, self.roster, self.connections)
        self.house = House(db, clock, moves)
        self.announcer = Announcer(
            self.connections, self.fanout, memberships.rooms_of, last_seen.note
        )
        self.people = {name: self.house.signs_up(name) for name in PEOPLE}
        self.viewer = self.people["viewer"]
        self.rooms = [
            self.house.opens_room(self.viewer, *self.people.values(), name=name)
            for name in ("Den", "Attic")
        ]
        self.tabs: dict[str, list[str]] = {name: [] for name in PEOPLE}
        self.socket = self._opens()
        self.tracker.start()
        self.announcer.start()

    def _announce(self, epoch: str, transitions: Any) -> None:
        self.announcer.announce(epoch, transitions, self.tracker.worker_id)

    def _opens(self) -> LiveConnection:
        socket = connection_of(self.viewer.user_id)
        self.connections.add(socket)
        self.connections.enter(socket, self.rooms)
        socket.parked = None
        return socket

    def stops(self) -> None:
        """Nothing runs any more."""
        self.announcer.stop()
        self.tracker.stop()
        self._client.close()

    def acts(self, chance: random.Random) -> None:
        """Somebody but the viewer does something."""
        name = chance.choice(PEOPLE[:-1])
        person, room_id = self.people[name], chance.choice(self.rooms)
        act = chance.choice((self._comes_or_goes, self._opens_tab, self._looks, self._claims))
        act(name, person, room_id, chance)

    def _comes_or_goes(self, _: str, person: Identity, room_id: RoomId, __: Any) -> None:
        if room_id in self.house.memberships.rooms_of([person.user_id])[person.user_id]:
            self.house.rooms.leave(person, room_id)
        else:
            self.house.rooms.join(person, room_id)

    def _opens_tab(self, name: str, person: Identity, _: RoomId, chance: random.Random) -> None:
        if self.tabs[name] and chance.random() < 0.5:
            self.tracker.signed_out(self.tabs[name].pop())
        else:
            self.tabs[name].append(self.tracker.connected(person.user_id).id)

    def _looks(self, name: str, _: Identity, room_id: RoomId, chance: random.Random) -> None:
        for tab in self.tabs[name]:
            self.tracker.set_visible(tab, True, focus=room_id if chance.random() < 0.8 else "")

    def _claims(self, _: str, person: Identity, __: RoomId, chance: random.Random) -> None:
        claim = Claim(chance.choice(list(Claimed)), text=chance.choice(["", "lunch"]))
        self.tracker.set_status(person.user_id, claim)


@pytest.fixture
def town(db: Database, moved_clock: MovedClock, redis_server: RedisProcess) -> Iterator[Town]:
    """A town on an empty Redis."""
    redis_server.flush()
    town = Town(db, moved_clock, redis_server)
    yield town
    town.stops()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_old_snapshot_events_and_a_resync_equal_a_new_snapshot(town: Town, seed: int) -> None:
    """A third of the events is lost, the others come in another order: a resync repairs it."""
    chance = random.Random(seed)
    for _ in range(ACTS):
        town.acts(chance)
    client = fresh(town)
    for _ in range(ACTS):
        town.acts(chance)
    wait_until(lambda: still(town), 10, "all was told")

    heard = [one for one in town.screens.of(town.socket) if chance.random() < 0.7]
    chance.shuffle(heard)
    for name, event in heard:
        client.hears(name, event)
    client.syncs(town.roster.synced(town.viewer, client.asks()))

    assert client.shown() == fresh(town).shown()


def fresh(town: Town) -> Client:
    """A client that reads everything anew."""
    client = Client()
    client.syncs(town.roster.synced(town.viewer, wire.RosterSync()))
    for room_id in town.rooms:
        client.reads_room(room_id, town.roster.of_room(town.viewer, room_id))
    return client


def still(town: Town) -> bool:
    """The worker has told the log to its end, and the announcer what it was told."""
    return town.tracker.rev == town.roster.synced(town.viewer, wire.RosterSync()).rev
