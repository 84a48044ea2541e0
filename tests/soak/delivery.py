"""The delivery run: people write while all between them is hurt; then each screen is compared.

Promise R6 as an experiment: every message that was acknowledged is on every screen once, in the
order of seq, and what each client holds is a fresh load. Faults: `hurts.py`; people: `writer.py`;
what was found: `delivered.py`.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.soak.delivered import Delivered, Delivery
from tests.soak.hurts import Hurts
from tests.soak.writer import DeliveryTab, Said, Writer
from tests.support.people import Person, sign_up
from tests.support.proxy import Proxy
from tests.support.redis_process import RedisProcess
from tests.support.server import QUICK, Server

HEALED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.3
TELL_EVERY_S = 10.0
ROOMS = 3
ALIVE_MS = int(QUICK["ROLLCALL_PING_MS"]) + int(QUICK["ROLLCALL_PING_TIMEOUT_MS"])

Wire = dict[str, Any]  # one JSON object of the protocol


class Wharf:
    """Two workers, their Redis, networks before the clients, and people who write."""

    def __init__(self, plan: Delivery, folder: Path, database_url: str = "") -> None:
        """database_url empty: SQLite in the folder."""
        self.plan, self.chance = plan, random.Random(plan.seed)
        self.store = RedisProcess(folder)
        self.server = Server(
            folder, redis_url=self.store.url, database_url=database_url, settings=QUICK
        )
        self.writers: list[Writer] = []
        self.proxies: list[Proxy] = []
        self.rooms: list[str] = []
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        """Everybody has a tab behind one of the networks, and is in every room."""
        try:
            self._closing.callback(self.store.stop)
            self.store.start()
            self._closing.callback(self.server.stop)
            self.server.start()
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
        self._closing.close()

    def runs(self, tell: Callable[[str], None] = lambda _line: None) -> Delivered:
        """All is written while everything is hurt, everything heals, and the screens are right.

        tell hears now and then how far it is."""
        plan, began_s = self.plan, time.monotonic()
        found = Delivered(plan, "PostgreSQL" if self._is_postgresql else "SQLite")
        hurts = Hurts(self.chance, self._written)
        hurts.networks(self.proxies, plan.network_pause_s, plan.network_calm)
        hurts.workers(self.server, plan.kill_every_s, plan.kills, plan.kill_calm)
        try:
            for number, writer in enumerate(self.writers):
                share = plan.messages // plan.clients + (number < plan.messages % plan.clients)
                writer.writes(share, plan.seconds)
            hurts.store(self.store, plan.restarts_after, self._goes_on)
            while self._goes_on():
                tell(f"[{time.monotonic() - began_s:4.0f} s] {self._written()} acknowledged")
                self._rest(TELL_EVERY_S)
            for writer in self.writers:
                writer.rests()
        finally:
            hurts.end()
        found.seconds, found.faults = round(time.monotonic() - began_s, 1), hurts.counted
        found.wrong += hurts.failures
        self._judge(found)
        return found

    @property
    def _is_postgresql(self) -> bool:
        return not (self.server.folder / "data" / "rollcall.db").exists()

    def _people(self) -> None:
        people = [sign_up(self.server, "writer") for _ in range(self.plan.clients)]
        self.rooms = [people[0].creates_room() for _ in range(ROOMS)]
        for one in people[1:]:
            for room in self.rooms:
                one.joins(room)
        for _ in range(self.plan.networks):
            self.proxies.append(Proxy(self.server.port))
            self._closing.callback(self.proxies[-1].stop)
        for number, one in enumerate(people):
            self.writers.append(self._writer(number, one))

    def _writer(self, number: int, person: Person) -> Writer:
        host = self.proxies[number % self.plan.networks].host
        tab = DeliveryTab(host, person.api.cookie, ALIVE_MS)
        tab.comes()
        chance = random.Random(f"{self.plan.seed} {number}")
        writer = Writer(person, tab, self.rooms, chance)
        self._closing.callback(writer.ends)
        return writer

    def _written(self) -> int:
        return sum(len(one.said) for one in self.writers)

    def _goes_on(self) -> bool:
        return any(writer.is_writing for writer in self.writers)

    def _rest(self, longest_s: float) -> None:
        """All was written, or longest_s passed."""
        end_s = time.monotonic() + longest_s
        for writer in self.writers:
            writer.rests(max(0.0, end_s - time.monotonic()))

    def _judge(self, found: Delivered) -> None:
        """Everybody stands still until all is right, or for HEALED_WITHIN_S."""
        began_s = time.monotonic()
        while differences := self._differences():
            if time.monotonic() - began_s > HEALED_WITHIN_S:
                break
            time.sleep(LOOK_EVERY_S)
        found.healed_after_s = round(time.monotonic() - began_s, 1)
        found.wrong += [*differences, *self.server.new_tracebacks()]
        for writer in self.writers:
            found.wrong += [*writer.failures, *writer.tab.failures]
            found.acknowledged += len(writer.said)
            found.again += writer.again
            found.changes += writer.changes
            found.connects += writer.tab.connects
            found.heals += writer.tab.heals
            found.resets += writer.tab.resets
            found.held += sum(len(line.messages) for line in writer.tab.timeline.values())

    def _differences(self) -> list[str]:
        said = [one for writer in self.writers for one in writer.said]
        held = {writer: writer.tab.held() or {} for writer in self.writers}
        found: list[str] = []
        for room in self.rooms:
            fresh = self.writers[0].person.history(room)
            of_room = [one for one in said if one.room_id == room]
            found += misdelivered(fresh, of_room)
            for writer, shown in held.items():
                whole = self._paged_back(writer, room, shown.get(room, [[]])[0])
                name = writer.person.username
                found += [f"{name}: {one}" for one in unlike(whole, fresh)]
        return found

    def _paged_back(self, writer: Writer, room: str, shown: list[Wire]) -> list[Wire]:
        """What the client shows; after a reset it pages back by HTTP, as a reader who scrolls."""
        if not shown or shown[0]["seq"] == 1:
            return shown
        return [one for one in writer.person.history(room) if one["seq"] < shown[0]["seq"]] + shown


def misdelivered(fresh: Sequence[Wire], said: Sequence[Said]) -> Iterable[str]:
    """Yield in what a room differs from what was acknowledged of it, with no hole in its seqs."""
    if [one["seq"] for one in fresh] != list(range(1, len(fresh) + 1)):
        yield "the seqs have a hole, or are out of order"
    places = {(one["seq"], one["id"], one["client_id"]) for one in fresh}
    for one in said:
        if (one.seq, one.message_id, one.client_id) not in places:
            yield f"{one.client_id} was acknowledged as {one.seq} and is not there"
    doubled = Counter(one["client_id"] for one in fresh)
    yield from (f"{client_id} is there {n} times" for client_id, n in doubled.items() if n > 1)
    if len(fresh) != len(said):
        yield f"{len(fresh)} messages are stored, {len(said)} were acknowledged"


def unlike(held: Sequence[Wire], fresh: Sequence[Wire]) -> Iterable[str]:
    """Yield in what a client's room differs from a fresh load."""
    if len(held) != len(fresh):
        yield f"holds {len(held)} of {len(fresh)}"
    for one, true in zip(held, fresh, strict=False):
        if one != true:
            yield f"holds {one}, where {true} is stored"
            return
