"""What happens to a thousand people, one kind of transition after the other.

The rule of the file: a scene says what each person does and returns the true moments; what the
viewers were shown is judged in one place, `Stage.judged`."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench import packets
from bench.client import LoadConnection, connect
from bench.http import call, csrf_token
from bench.kinds import Judged, Kinds
from bench.lag_report import Kept, kept
from bench.people import Account
from bench.processes import holders_of_ports
from bench.server import RunningServer

SPREAD_S = 20.0  # over which the people of a scene act, each at a moment of his own
OPEN_SPREAD_S = 25.0
REOPEN_SPREAD_S = 12.0
KILLS = 5
PATIENCE_MS = 5_000  # what is not shown so long after the bound is never shown
DIFF = packets.begins("presence:diff")
Act = Callable[["Person"], Awaitable[float]]
"""Does something to a person; the true moment, in seconds of one clock."""


class Viewer:
    """A tab that sees everybody. shown: each status it was told of a person, and when."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.shown: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        self.connection: LoadConnection | None = None

    def hear(self, packet: bytes) -> None:
        """Note what a diff says, at the moment it came."""
        if packet.startswith(DIFF):
            now = time.perf_counter()
            for change in packets.event_of(packet)[1]["changes"]:
                self.shown[change["user_id"]].append((change["status"], now))


@dataclass(eq=False)
class Person:
    """One person with at most one tab; worker_pid holds it, 0 when there is none."""

    account: Account
    connection: LoadConnection | None = None
    worker_pid: int = 0

    @property
    def tab(self) -> LoadConnection:
        """The open tab."""
        if self.connection is None:
            raise RuntimeError("this person has no tab")
        return self.connection


class Stage:
    """The server, its people, and a viewer on each worker."""

    def __init__(self, server: RunningServer, people: list[Person], viewers: list[Viewer]) -> None:
        self.server = server
        self.people = people
        self.idle_viewers = viewers
        self.viewers: dict[int, Viewer] = {}

    async def seat_viewers(self) -> None:
        """Each worker has a viewer when this returns; a worker that starts is waited for."""
        while True:
            pids = self.server.worker_pids
            missing = [pid for pid in pids if pid not in self.viewers]
            if len(pids) == 2 and not missing:
                return
            viewer = self.idle_viewers[-1]
            tab = await connect(self.server.door, viewer.account.cookie, viewer.hear)
            holder = holders_of_ports(pids).get(tab.local_port, 0)
            if holder in missing:
                viewer.connection = tab
                self.viewers[holder] = self.idle_viewers.pop()
            else:
                tab.close()
                await asyncio.sleep(0.3)

    async def opens(self, person: Person) -> float:
        """The person opens a tab; the moment before."""
        moment = time.perf_counter()
        person.connection = await connect(self.server.door, person.account.cookie)
        return moment

    async def all_open(self, people: list[Person], over_s: float) -> dict[Person, float]:
        """These people have a tab, and it is known on which worker; when each opened it."""
        moments = await self.each(people, over_s, self.opens)
        self._find_workers()
        return moments

    async def each(self, people: list[Person], over_s: float, act: Act) -> dict[Person, float]:
        """Each does it at a random moment within over_s; the true moments."""

        async def one(person: Person) -> tuple[Person, float]:
            await asyncio.sleep(random.uniform(0, over_s))  # noqa: S311 - a moment, no secret
            return person, await act(person)

        return dict(await asyncio.gather(*(one(person) for person in people)))

    async def judged(self, into: Judged, moments: dict[Person, float]) -> None:
        """What the viewers on the other workers were shown is added, once it is all there."""
        latest = max(moments.values()) + (into.kind.bound_ms + PATIENCE_MS) / 1000
        while not self._all_shown(moments) and time.perf_counter() < latest:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)  # what is shown twice is shown by now
        for person, moment in moments.items():
            into.add(moment, self._shown(person))
        self.forget()
        print(f"{into.kind.name}: {len(into.lags_ms)}, {len(into.wrong)} wrong", flush=True)

    def forget(self) -> None:
        """What the viewers were shown so far is no more counted."""
        for viewer in (*self.viewers.values(), *self.idle_viewers):
            viewer.shown.clear()

    async def kill(self, pid: int) -> dict[Person, float]:
        """The worker dies; the moment of each whose tab it held. Nobody comes back."""
        victims = [person for person in self.people if person.worker_pid == pid]
        moment = time.perf_counter()
        self.server.kill(pid)
        self.idle_viewers.append(self.viewers.pop(pid))
        for person in victims:
            await person.tab.closed.wait()
        return dict.fromkeys(victims, moment)

    def gone(self, people: Sequence[Person]) -> None:
        """These people have no tab any more."""
        for person in people:
            if person.connection is not None:
                person.connection.close()
            person.connection, person.worker_pid = None, 0

    def _find_workers(self) -> None:
        holders = holders_of_ports(self.server.worker_pids)
        for person in self.people:
            if person.connection is not None and not person.worker_pid:
                person.worker_pid = holders.get(person.connection.local_port, 0)

    def _shown(self, person: Person) -> list[tuple[str, float]]:
        (viewer,) = [one for pid, one in self.viewers.items() if pid != person.worker_pid]
        return viewer.shown[person.account.user_id]

    def _all_shown(self, moments: dict[Person, float]) -> bool:
        return all(self._shown(person) for person in moments)


async def measured(
    server: RunningServer,
    people: list[Account],
    viewers: list[Account],
    kinds: Kinds,
    first: int,
) -> list[Kept]:
    """The first so many kinds, in the order of the page."""
    stage = Stage(server, [Person(one) for one in people], [Viewer(one) for one in viewers])
    await stage.seat_viewers()
    stage.forget()
    scenes = (
        (kinds.came_online, came_online),
        (kinds.status_set, status_set),
        (kinds.hidden, hidden),
        (kinds.tab_closed, tab_closed),
        (kinds.silent, silent),
        (kinds.worker_killed, worker_killed),
        (kinds.signed_out, signed_out),
    )
    found = []
    for kind, scene in scenes[:first]:
        judged, before = Judged(kind), os.getloadavg()[0]
        await scene(stage, judged)
        found.append(kept(judged, (before, os.getloadavg()[0])))
        if judged.wrong:
            print(f"wrong: {', '.join(judged.wrong[:20])}", flush=True)
    return found


async def came_online(stage: Stage, into: Judged) -> None:
    """Everybody opens a tab."""
    await stage.judged(into, await stage.all_open(stage.people, OPEN_SPREAD_S))


async def status_set(stage: Stage, into: Judged) -> None:
    """Everybody is busy, and then no more."""

    async def is_busy(person: Person) -> float:
        moment = time.perf_counter()
        await person.tab.ask("presence:set", {"status": "busy"})
        return moment

    await stage.judged(into, await stage.each(stage.people, SPREAD_S, is_busy))
    for person in stage.people:
        await person.tab.ask("presence:set", {"status": "online"})
    await settled(stage)


async def hidden(stage: Stage, into: Judged) -> None:
    """Everybody turns to another tab, and then back."""

    async def hides(person: Person) -> float:
        moment = time.perf_counter()
        await person.tab.ask("presence:visible", {"visible": False})
        return moment

    await stage.judged(into, await stage.each(stage.people, SPREAD_S, hides))
    for person in stage.people:
        await person.tab.ask("presence:visible", {"visible": True})
    await settled(stage)


async def tab_closed(stage: Stage, into: Judged) -> None:
    """Everybody closes his tab."""

    async def closes(person: Person) -> float:
        moment = time.perf_counter()
        person.tab.close()
        return moment

    await stage.judged(into, await stage.each(stage.people, SPREAD_S, closes))
    stage.gone(stage.people)


async def silent(stage: Stage, into: Judged) -> None:
    """Everybody's laptop sleeps: the socket stays open, and no ping is answered any more."""
    await stage.all_open(stage.people, REOPEN_SPREAD_S)
    await settled(stage)

    async def falls_silent(person: Person) -> float:
        person.tab.answers_pings = False
        return time.perf_counter()

    await stage.judged(into, await stage.each(stage.people, SPREAD_S, falls_silent))
    stage.gone(stage.people)


async def worker_killed(stage: Stage, into: Judged) -> None:
    """One worker after the other is killed, and nobody comes back."""
    a_worker = len(stage.people) // KILLS
    for _ in range(KILLS):
        here = [person for person in stage.people if person.connection is not None]
        absent = [person for person in stage.people if person.connection is None]
        await stage.seat_viewers()
        await stage.all_open(absent[: 2 * a_worker - len(here)], REOPEN_SPREAD_S / 3)
        await settled(stage)
        await asyncio.sleep(random.uniform(0, 2.5))  # noqa: S311 - any moment between two beats
        moments = await stage.kill(min(stage.viewers))  # the elder of the two
        await stage.judged(into, moments)
        stage.gone(list(moments))


async def signed_out(stage: Stage, into: Judged) -> None:
    """Everybody signs out, by HTTP, with the tab open."""
    await stage.seat_viewers()
    await stage.all_open([one for one in stage.people if not one.connection], REOPEN_SPREAD_S)
    door = stage.server.door
    tokens = {one: await csrf_token(door, one.account.cookie) for one in stage.people}
    await settled(stage)

    async def signs_out(person: Person) -> float:
        moment = time.perf_counter()
        cookie = person.account.cookie
        await call(door, "DELETE", "/api/v1/session", cookie, csrf_token=tokens[person])
        return moment

    await stage.judged(into, await stage.each(stage.people, SPREAD_S, signs_out))


async def settled(stage: Stage) -> None:
    """What was done so far was shown, and does not count."""
    await asyncio.sleep(2.0)
    stage.forget()
