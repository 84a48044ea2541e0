"""Old snapshot + events == new snapshot, for the list of rooms and for who is in each.

People do whatever comes to their minds, the services run on a real database, and what is told goes
through the real fan-out and the bus to two workers; each screen must show what a fresh load gives.
"""

import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from chat import wire
from chat.connections import LiveConnection
from chat.db import Database
from chat.errors import ChatError
from chat.ids import RoomId, UserId
from chat.messages.service import Messages
from chat.redis_client import connect, connect_blocking
from chat.rooms import roles
from chat.rooms.models import memberships
from chat.roster.moves import Moves
from chat.roster.service import Roster
from chat.search.index import Index
from chat.terms import ADMIN, Identity
from presence.tracker import Tracker
from tests.chat.conftest import MovedClock
from tests.chat.house import House, directly
from tests.chat.live_parts import Worker
from tests.chat.roster.test_service import QUICK
from tests.support.redis_process import RedisProcess
from tests.support.room_list import RoomList
from tests.support.waiting import wait_until

ACTS = 150
SECONDS = (1, 60)
Event = tuple[str, Any]


@dataclass
class Town:
    """People with a tab on each of two workers, and what they may think of."""

    house: House
    clock: MovedClock
    people: list[Identity]
    tabs: dict[UserId, tuple[LiveConnection, LiveConnection]]
    workers: tuple[Worker, Worker]
    room_ids: list[RoomId]

    def does_something(self, chance: random.Random) -> None:
        """One person does one thing; a refusal is as good as a deed."""
        room_id = chance.choice(self.room_ids) if self.room_ids else RoomId("nowhere")
        owners = [one for one in self.people if one.user_id in self._owners_of(room_id)]
        by = chance.choice(owners if owners and chance.random() < 0.6 else self.people)
        who = chance.choice(self.people)
        act = chance.choice(self._thoughts(chance, by, who, room_id))
        with suppress(ChatError):
            act()
        if chance.random() < 0.05:
            self.clock.passes(chance.choice(SECONDS))
            self.house.later.call_due()

    def loads(self, person: Identity) -> RoomList:
        """Return what a fresh screen of the person shows."""
        rooms = self.house.rooms.visible_to(person.user_id, archived=True)
        own = [msgspec.to_builtins(room) for room in rooms if room.is_member]
        return RoomList(person.user_id, partial(self._members, person)).loads(own)

    def tails(self, person: Identity, asked: Any) -> Any:
        """Return what message:since answers the person."""
        request = wire.MessageSince(rooms=asked["rooms"], revs=asked["revs"])
        return msgspec.to_builtins(self.house.messages.since(person, request))

    def heard(self, person: Identity, worker: int) -> Sequence[Event]:
        """Return every event that the person's tab on that worker was sent."""
        return self.workers[worker].screens.of(self.tabs[person.user_id][worker])

    def settles(self) -> set[str]:
        """The second worker has everything; returns the rooms that it heard of for the first time.

        Of these it lacks what was told before Redis knew that it hears of them."""
        here, there = self.workers
        last = wire.Typing(room_id="", user_id=secrets.token_hex(4), typing=False)
        for person in self.people:
            here.fanout.to_user(person.user_id, "typing:now", last)
        wait_until(partial(self._has_heard, msgspec.to_builtins(last)), 20, "the bus is read")
        wait_until(lambda: not there.unheard, 20, "Redis knows of every room")
        newly, there.heard = there.heard, set()
        return newly

    def _has_heard(self, last: Any) -> bool:
        return all(self.heard(person, 1)[-1:] == [("typing:now", last)] for person in self.people)

    def _owners_of(self, room_id: RoomId) -> set[str]:
        owners = select(memberships.c.user_id).where(memberships.c.role == roles.OWNER)
        with self.house.db.reading() as sql:
            return set(sql.scalars(owners.where(memberships.c.room_id == room_id)))

    def _members(self, person: Identity, room_id: str) -> Any:
        try:
            return msgspec.to_builtins(self.house.rooms.members(person, RoomId(room_id)))
        except ChatError:
            return None

    def _thoughts(
        self, chance: random.Random, by: Identity, who: Identity, room_id: RoomId
    ) -> list[Callable[[], object]]:
        parts, user_id = self.house.parts, who.user_id
        seconds = chance.choice(SECONDS)
        topic = wire.ChangeRoom(topic=f"topic {chance.random()}")
        setting = wire.ChangeRoom(
            name=f"room {chance.random()}",
            visibility=chance.choice(("public", "private")),
            slow_mode_s=chance.choice((0, 0, 1)),
        )
        order = chance.sample(self.room_ids, len(self.room_ids) // 2)
        ban = wire.BanUser(user_id, chance.choice((None, seconds)))
        coming: list[Callable[[], object]] = [
            lambda: parts.rooms.join(by, room_id),
            lambda: parts.rooms.add_member(by, room_id, who.username),
            lambda: self._opens(by, chance),
            lambda: self._opens_direct(by, who, chance.choice(self.people)),
        ]
        going: list[Callable[[], object]] = [
            lambda: parts.rooms.leave(by, room_id),
            lambda: parts.moderation.kick(by, room_id, user_id, ""),
            lambda: parts.bans.ban(by, room_id, ban),
            lambda: parts.bans.unban(by, room_id, user_id, "room"),
        ]
        staying: list[Callable[[], object]] = [
            lambda: self.house.posts(by, room_id, "hello"),
            lambda: parts.settings.change(by, room_id, topic),
            lambda: parts.settings.change(by, room_id, setting),
            lambda: parts.settings.archive(by, room_id),
            lambda: parts.settings.restore(by, room_id),
            lambda: parts.moderation.set_role(by, room_id, user_id, chance.choice(roles.RANKS)),
            lambda: parts.moderation.mute(by, room_id, wire.MuteMember(user_id, seconds)),
            lambda: parts.moderation.unmute(by, room_id, user_id),
            lambda: parts.places.set(by, room_id, wire.PlaceRoom(favourite=True)),
            lambda: parts.places.order(by, wire.OrderRooms(list(order))),
        ]
        return [*coming * 3, *going, *staying * 2]

    def _opens(self, by: Identity, chance: random.Random) -> None:
        if len(self.room_ids) < 5:
            visibility = chance.choice(("public", "private"))
            name = f"Room {len(self.room_ids)}"
            self.room_ids.append(self.house.opens_room(by, name=name, visibility=visibility))

    def _opens_direct(self, by: Identity, *others: Identity) -> None:
        request = wire.OpenDirect([one.user_id for one in others])
        room, is_new = self.house.parts.direct.open(by, request)
        if is_new:
            self.room_ids.append(RoomId(room.id))


@pytest.fixture
def workers(redis_server: RedisProcess) -> Iterator[tuple[Worker, Worker]]:
    """Two workers on one Redis, their buses running."""
    redis_server.flush()
    pair = Worker(redis_server.url), Worker(redis_server.url)
    for worker in pair:
        worker.bus.start()
    wait_until(lambda: all(one.bus.is_reading for one in pair), 10, "both buses read")
    yield pair
    for worker in pair:
        worker.stops()


@pytest.fixture
def tracker(redis_server: RedisProcess, workers: object) -> Iterator[Tracker]:
    """Presence, for the lines of who joins."""
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
    yield tracker
    tracker.stop()
    client.close()


@pytest.fixture
def town(
    db: Database, moved_clock: MovedClock, workers: tuple[Worker, Worker], tracker: Tracker
) -> Town:
    """Five people, one of them an administrator; nobody is in a room yet."""
    here, there = workers
    house = House(db, moved_clock)
    roster = Roster(tracker, house.memberships, lambda: None)
    house = House(db, moved_clock, Moves(here.fanout, roster, here.connections))
    needs = (db, house.rooms, moved_clock, directly, here.fanout)
    house.messages = Messages(*needs, mentioned=house.mentions, index=Index())
    people = [house.signs_up(name) for name in ("ann", "bob", "cyd", "dan", "eve")]
    people[4] = replace(people[4], role=ADMIN)
    tabs = {one.user_id: (here.opens(one.user_id), there.opens(one.user_id)) for one in people}
    return Town(house, moved_clock, people, tabs, workers, [])


@pytest.mark.parametrize("seed", [1])
def test_screens_show_what_a_fresh_load_gives(town: Town, seed: int) -> None:
    """After any sequence of acts, on both workers, from the start and from a load in between."""
    chance = random.Random(seed)
    screens = {(one.user_id, worker): town.loads(one) for one in town.people for worker in (0, 1)}
    told = dict.fromkeys(screens, 0)

    for act in range(ACTS):
        town.does_something(chance)
        if act % 30 == 29:
            newly = town.settles()
            for person in town.people:
                fresh = town.loads(person)
                for worker in (0, 1):
                    place = (person.user_id, worker)
                    events = town.heard(person, worker)
                    for name, payload in in_some_order(events[told[place] :], chance):
                        screens[place].hears(name, payload)
                    told[place] = len(events)
                    if worker == 1:
                        screens[place].catches_up(town.tails(person, screens[place].lacks(newly)))
                    assert screens[place].shown() == fresh.shown(), (person.username, worker, act)

    assert sum(len(screen.rooms) for screen in screens.values()) > 10
    assert sum(told.values()) > ACTS


def test_what_was_missed_of_rooms_is_told_with_the_messages(town: Town) -> None:
    """Who heard only some of the events and asks message:since shows what a fresh load gives."""
    chance, healed = random.Random(3), 0
    screens = {person.user_id: town.loads(person) for person in town.people}
    told = dict.fromkeys(screens, 0)

    for act in range(ACTS):
        town.does_something(chance)
        if act % 30 == 29:
            for person in town.people:
                screen, events = screens[person.user_id], town.heard(person, 0)
                for name, payload in events[told[person.user_id] :]:
                    if "rev" not in payload or chance.random() < 0.5:
                        screen.hears(name, payload)
                told[person.user_id] = len(events)
                healed += screen.shown() != town.loads(person).shown()
                screen.catches_up(town.tails(person, screen.lacks(town.room_ids)))
                assert screen.shown() == town.loads(person).shown(), (person.username, act)

    assert healed > 0


def in_some_order(events: Sequence[Event], chance: random.Random) -> list[Event]:
    """Return the events with neighbours that carry revs swapped here and there, and some twice."""
    shaken = list(events)
    for place in range(len(shaken) - 1):
        if chance.random() < 0.3 and all("rev" in one[1] for one in shaken[place : place + 2]):
            shaken[place : place + 2] = reversed(shaken[place : place + 2])
    again = [one for one in events if "rev" in one[1] and chance.random() < 0.2]
    return shaken + again
