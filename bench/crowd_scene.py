"""Two thousand people who come and go, each with a roster of his own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from bench import packets
from bench.client import LoadConnection, connect
from bench.people import Account
from bench.roster_view import Diff, RosterView, Synced
from bench.server import RunningServer

DIFF, HEADS = packets.begins("presence:diff"), packets.begins("room:heads")
RESYNC, UNKNOWN = packets.begins("presence:resync"), packets.begins("presence:unknown")
LONGEST_AWAY_S = 12.0  # half of them come back within the grace or shortly after
CONNECTS_AT_ONCE = 20
_diffs = msgspec.json.Decoder(tuple[str, Diff])


@dataclass
class Counts:
    """What came and went, over all clients."""

    frames: int = 0
    frame_bytes: int = 0
    changes: int = 0
    syncs: int = 0
    synced_people: int = 0
    reconnects: int = 0
    lost: int = 0
    sync_s: list[float] = field(default_factory=list)


class Member:
    """One person with one tab, and what is on his screen."""

    def __init__(
        self, crowd: Crowd, account: Account, sees: frozenset[str], view: RosterView
    ) -> None:
        self.account = account
        self.sees = sees
        self.view = view
        self.left_at_s = -1e9
        self.is_busy = False
        self._crowd = crowd
        self._connection: LoadConnection | None = None
        self._syncing: asyncio.Task[None] | None = None

    @property
    def is_here(self) -> bool:
        """Whether there is a tab now."""
        return self._connection is not None

    async def comes(self) -> None:
        """Connected, and the roster is right as of then."""
        crowd = self._crowd
        self._connection = await connect(crowd.server.door, self.account.cookie, self.hear)
        await self.sync()

    def leaves(self) -> None:
        """The tab is closed."""
        if self._connection is not None:
            self._crowd.counts.lost += self._connection.closed.is_set()
            self._connection.close()
        self._connection, self.left_at_s = None, time.monotonic()
        self.view.lose()

    async def returns(self, after_s: float) -> None:
        """Away for so long, then here again."""
        self.is_busy = True
        self.leaves()
        await asyncio.sleep(after_s)
        await self.comes()
        self._crowd.counts.reconnects += 1
        self.is_busy = False

    async def sync(self) -> None:
        """What was missed is known."""
        connection, counts = self._connection, self._crowd.counts
        if connection is None:
            return
        started = time.perf_counter()
        answer = await connection.ask("roster:sync", self.view.asks_from)
        if "error" in answer:
            raise RuntimeError(f"roster:sync: {answer['error']}")
        counts.sync_s.append(time.perf_counter() - started)
        synced = msgspec.convert(answer, Synced)
        counts.syncs += 1
        counts.synced_people += len(synced.people)
        self.view.sync(synced)

    def hear(self, packet: bytes) -> None:
        """Do with an event what a client must."""
        if packet.startswith(DIFF):
            counts, diff = self._crowd.counts, _diffs.decode(packet[2:])[1]
            counts.frames += 1
            counts.frame_bytes += len(packet)
            counts.changes += len(diff.changes)
            self.view.hear(diff)
        elif packet.startswith(HEADS):
            heads = packets.event_of(packet)[1]
            if self.view.is_behind(heads["epoch"], heads["rev"]):
                self._sync_soon()
        elif packet.startswith((RESYNC, UNKNOWN)):
            self.view.lose()
            if packet.startswith(RESYNC):
                self._sync_soon()

    def _sync_soon(self) -> None:
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.create_task(self.sync())


class Crowd:
    """Everybody, and the truth about everybody."""

    def __init__(
        self, server: RunningServer, people: Sequence[Account], rooms: Sequence[Sequence[Account]]
    ) -> None:
        self.server = server
        self.counts = Counts()
        places = {one.user_id: place for place, one in enumerate(people)}
        seen: dict[str, set[str]] = {one.user_id: set() for one in people}
        for inside in rooms:
            ids = [one.user_id for one in inside]
            for user_id in ids:
                seen[user_id].update(ids)
        self.members = [
            Member(self, one, frozenset(seen[one.user_id]), RosterView(places)) for one in people
        ]
        self._returning: set[asyncio.Task[None]] = set()

    async def all_come(self) -> None:
        """Everybody is connected and has the roster."""
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

        async def one(member: Member) -> None:
            async with gate:
                await member.comes()

        await asyncio.gather(*(one(member) for member in self.members))

    async def churns(self, seconds: float, share_a_minute: float) -> None:
        """That share of all reconnects every minute, spread evenly, for so long."""
        until = time.monotonic() + seconds
        pause_s = 60 / (share_a_minute * len(self.members))
        while time.monotonic() < until:
            await asyncio.sleep(random.expovariate(1 / pause_s))
            member = random.choice(self.members)  # noqa: S311 - the same
            if not member.is_busy:
                away_s = random.uniform(0, LONGEST_AWAY_S)  # noqa: S311 - the same
                task = asyncio.create_task(member.returns(away_s))
                self._returning.add(task)
                task.add_done_callback(self._returned)

    def some_leave(self, count: int) -> None:
        """So many go for good: the truth at the end is not one status for all."""
        here = [one for one in self.members if one.is_here and not one.is_busy]
        for member in random.sample(here, count):
            member.leaves()

    async def all_back(self) -> None:
        """Nobody is on his way any more."""
        while self._returning:
            await asyncio.wait(self._returning)

    def wrong(self) -> list[str]:
        """What is on a screen and is not true; empty when every roster is right.

        True: whoever has a tab is online, everybody else offline, and only they are there."""
        status = {
            one.account.user_id: "online" if one.is_here else "offline" for one in self.members
        }
        found = []
        for member in self.members:
            shown = member.view.statuses()
            if member.is_here and shown != {user_id: status[user_id] for user_id in member.sees}:
                found.append(self._difference(member, shown, status))
        return found

    def _difference(self, member: Member, shown: dict[str, str], status: dict[str, str]) -> str:
        wrong = [one for one in member.sees if shown.get(one) != status[one]]
        strangers = shown.keys() - member.sees
        return f"{member.account.user_id}: {len(wrong)} wrong, {len(strangers)} strangers"

    def _returned(self, task: asyncio.Task[None]) -> None:
        self._returning.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.counts.lost += 1
