"""The town: a Rollcall with its Redis, a proxy before a part of the people, and the people.

Everything that may be hurt stands here; how it is hurt is `faults.py`.
"""

import random
import re
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from chat.config import Config
from chat.terms import PROBE
from presence import Timings
from presence.keys import Keys
from tests.soak.resident import Ledger, Resident
from tests.soak.tab import SoakTab
from tests.support.people import Person, sign_up
from tests.support.proxy import Proxy
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

ROOM_OF = 10  # people in a room besides the lobby


@dataclass(frozen=True)
class Plan:
    """What a soak is made of: one seed, one plan, the same acts and faults in the same order."""

    people: int
    workers: int
    seed: int
    scale: float
    pace_s: float
    period_s: float
    seconds: float

    @property
    def timings(self) -> Timings:
        """The defaults, each times scale."""
        defaults = Timings()
        return Timings(
            **{
                name: round(getattr(defaults, name) * self.scale)
                for name in Timings.__dataclass_fields__
            }
        )

    def settings(self) -> dict[str, str]:
        """The server's environment."""
        timings = {
            f"ROLLCALL_{name.upper()}": str(getattr(self.timings, name))
            for name in Timings.__dataclass_fields__
            if name in Config.__dataclass_fields__
        }
        return {**timings, "ROLLCALL_HEADS_MS": str(round(8_000 * self.scale))}


class Town:
    """Entered, it serves and its people live in it; left, nothing of it runs any more."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        """folder: where the server keeps its data and its log."""
        self.plan = plan
        self.timings = plan.timings
        self.chance = random.Random(plan.seed)
        self.ledger = Ledger()
        self.residents: list[Resident] = []
        self.rooms: dict[str, set[str]] = {}
        self.store = RedisProcess(folder)
        self.server = Server(
            folder, workers=plan.workers, redis_url=self.store.url, settings=plan.settings()
        )
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        """Redis, workers and proxy run, the people have accounts and rooms, nobody is there yet."""
        try:
            self._closing.callback(self.store.stop)
            self.store.start()
            self._closing.callback(self.server.stop)
            self.server.start()
            self.proxy = Proxy(self.server.port)
            self._closing.callback(self.proxy.stop)
            self.elder = self.server.worker_pids()[0]
            self.clerk = sign_up(self.server, "clerk")
            self._people()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Everybody has left, and every process is gone."""
        for one in self.residents:
            one.ends()
        self._closing.close()

    def client(self) -> redis.Redis:
        """Return a client of the Redis that is hurt; the caller closes it."""
        return self.store.client()

    def mortals(self) -> list[int]:
        """The workers that may be killed: the elder lives on, so that it can be weighed."""
        return [pid for pid in self.server.worker_pids() if pid != self.elder]

    def counted(self) -> dict[str, int]:
        """What workers and Redis hold now, by name; `tabs` is how many there must be."""
        metrics = self.clerk.api.get("/metrics").body.decode()
        with self.client() as client:
            leases = [
                member
                for member in client.zrange(Keys().deadlines, 0, -1)
                if member.startswith(b"l ") and not member.startswith(b"l " + PROBE.encode())
            ]
        return {
            "tabs": sum(len(one.tabs) for one in self.residents),
            "connections": _gauge(metrics, "rollcall_connections"),
            "sockets": _gauge(metrics, "rollcall_edge_sockets"),
            "sids": _gauge(metrics, "rollcall_edge_sids"),
            "leases": len(leases),
        }

    def _people(self) -> None:
        people = [sign_up(self.server, "person") for _ in range(self.plan.people)]
        lobby = self.clerk.creates_room()
        self._fill(lobby, people)
        own: dict[str, list[str]] = {one.id: [lobby] for one in people}
        for first in range(0, len(people), ROOM_OF):
            some = people[first : first + ROOM_OF]
            room = self.clerk.creates_room()
            self._fill(room, some)
            for one in some:
                own[one.id].append(room)
        self.residents = [self._resident(n, one, own[one.id]) for n, one in enumerate(people)]

    def _fill(self, room: str, people: list[Person]) -> None:
        self.rooms[room] = {one.id for one in people}
        for one in people:
            one.joins(room)

    def _resident(self, number: int, person: Person, rooms: list[str]) -> Resident:
        """A third is steady, a third restless, a third restless behind the proxy."""
        host = self.proxy.host if number % 3 == 2 else self.server.host
        return Resident(
            person,
            rooms,
            is_steady=number % 3 == 0,
            comes=partial(self._tab, host, person),
            ledger=self.ledger,
            chance=random.Random(f"{self.plan.seed} {number}"),
        )

    def _tab(self, host: str, person: Person) -> SoakTab:
        alive_ms = self.timings.ping_ms + self.timings.ping_timeout_ms
        return SoakTab(host, person.api.cookie, alive_ms).comes()


def _gauge(metrics: str, name: str) -> int:
    found = re.search(rf"^{name} (\S+)$", metrics, re.MULTILINE)
    return int(float(found[1])) if found else -1
