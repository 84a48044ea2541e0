"""Scenarios of Rollcall alone: two workers, ten thousand idle, a crash, a storm, a snapshot.

Peers have no presence to measure; what two workers cost is beside two processes of Node."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from bench import client, packets
from bench.client import connect
from bench.compared import Effort
from bench.figures import percentile
from bench.houses import House, RollcallHouse, node_house, rollcall_house
from bench.http import fetch
from bench.processes import holders_of_ports
from bench.rows import KIB, MS, US_CONNECT, US_DELIVERY, US_MESSAGE, Rounds, Row
from bench.work import Heard, Meter, Post, idle_cores, paced

ROOM_OF = 50
DIFF = packets.begins("presence:diff")
OPEN_AT_ONCE = 50
SHOWN_S = 40.0


def two_workers(effort: Effort) -> list[Row]:
    """Rooms of five and one of 500, spread over two processes: cost, and time to the other one."""
    rounds = Rounds("two workers")
    for opened in (rollcall_house(workers=2), node_house(processes=2)):
        with opened as house:
            client.run(_across(house, rounds, effort))
    return rounds.rows()


def idle(effort: Effort) -> list[Row]:
    """One worker whose people do nothing, pings, leases and heads included; memory on the way."""
    rounds = Rounds("idle")
    with rollcall_house() as house:
        client.run(_idle(house, rounds, effort))
    return rounds.rows()


def crash(effort: Effort) -> list[Row]:
    """A worker dies with half of the crowd, nobody returns; then all of those come back at once."""
    rounds = Rounds("crash")
    with rollcall_house(workers=2) as house:
        client.run(_crash(house, rounds, effort))
    return rounds.rows()


def snapshot(effort: Effort) -> list[Row]:
    """The roster of a room of the whole crowd, and how long others wait for it."""
    rounds = Rounds("snapshot")
    with rollcall_house() as house:
        client.run(_snapshot(house, rounds, effort))
    return rounds.rows()


async def _across(house: House, rounds: Rounds, effort: Effort) -> None:
    seats = {f"s{number}": [f"r{number // 5}", "all"] for number in range(500)}
    house.settle(seats)
    heard = Heard(house.begins)
    await house.open(seats, heard.hear)
    idle_core = (await idle_cores([house], 5.0))[house.name]
    meter = Meter(house, idle_core)
    posts = [Post("s0", "all")] * (effort.deliveries // 500)
    for _ in range(effort.rounds):
        heard.count = 0
        meter.start()
        await paced(house, posts, 30)
        await heard.reaches(len(posts) * 500)
        rounds.add(house.name, "500", US_DELIVERY, meter.cpu_s() / heard.count * 1e6)
    workers = {seat: house.worker_of(seat) for seat in list(seats)[:5]}
    for a_second in (200, 1000):
        count = int(a_second * effort.seconds)
        small = [Post(f"s{n % 500}", f"r{n % 500 // 5}") for n in range(count)]
        for _ in range(effort.rounds):
            heard.count = 0
            meter.start()
            lags_ms = await _lags_across(house, workers, small, a_second)
            await heard.reaches(5 * len(small))
            spent = meter.cpu_s() / len(small) * 1e6
            rounds.add(house.name, f"message at {a_second}/s", US_MESSAGE, spent)
            for share in (0.5, 0.99):
                case = f"p{share * 100:.0f} to the other worker at {a_second}/s"
                rounds.add(house.name, case, MS, percentile(lags_ms, share))


async def _lags_across(
    house: House, workers: dict[str, int], posts: Sequence[Post], a_second: float
) -> list[float]:
    """Milliseconds from a post in the first room to its delivery on another worker.

    Samples: one seat of that room posts in between, and its neighbours elsewhere listen."""
    author = next(iter(workers))
    elsewhere = [seat for seat, worker in workers.items() if worker != workers[author]]
    sent: dict[bytes, float] = {}
    lags_ms: list[float] = []

    def listener(stock: client.Hear | None) -> client.Hear:
        def hear(packet: bytes) -> None:
            if stock is not None:
                stock(packet)
            mark = packet[packet.find(b"mark-") :][:13]
            if mark in sent:
                lags_ms.append((time.perf_counter() - sent[mark]) * 1e3)

        return hear

    for seat in elsewhere:
        tab = house.connections[seat]
        tab.hear = listener(tab.hear)
    work = asyncio.ensure_future(paced(house, posts, a_second))
    number = 0
    while not work.done():
        number += 1
        mark = f"mark-{number:08}"
        sent[mark.encode()] = time.perf_counter()
        await house.post(author, "r0", mark)
        await asyncio.sleep(0.01)
    await work
    return lags_ms


async def _idle(house: RollcallHouse, rounds: Rounds, effort: Effort) -> None:
    crowd = effort.crowd * 2
    seats = {f"s{number}": [f"r{number // ROOM_OF}"] for number in range(crowd)}
    house.settle(seats)
    names, empty = list(seats), house.costs().total
    for upto in (crowd // 10, crowd // 2, crowd):
        some = {name: seats[name] for name in names[:upto]}
        meter, before = Meter(house), len(house.connections)
        meter.start()
        await house.open(some, None, at_once=OPEN_AT_ONCE)
        spent_us = meter.cpu_s() / (upto - before) * 1e6
        rounds.add(house.name, f"connect, up to {upto}", US_CONNECT, spent_us)
        await asyncio.sleep(5)
        kib = house.costs().total.since(empty).rss_bytes / upto / 1024
        rounds.add(house.name, f"memory at {upto}", KIB, kib)
    for _ in range(2):
        before_costs, started = house.costs(), time.perf_counter()
        await asyncio.sleep(16)
        seconds = time.perf_counter() - started
        for part, cost in house.costs().since(before_costs).by_part.items():
            share = cost.cpu_s / seconds * 100
            rounds.add(house.name, f"{part}, {crowd} idle", "% of a core", share)
    lost = sum(one.closed.is_set() for one in house.connections.values())
    rounds.add(house.name, f"lost of {crowd}", "connections", lost)


class _Watch:
    """What one viewer is shown of many people, and what all others are sent about it."""

    def __init__(self) -> None:
        self.shown: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        self.frames = 0
        self.frame_bytes = 0

    def watch(self, packet: bytes) -> None:
        """The viewer's: each status, and when."""
        if packet.startswith(DIFF):
            now = time.perf_counter()
            for change in packets.event_of(packet)[1]["changes"]:
                self.shown[change["user_id"]].append((change["status"], now))

    def count(self, packet: bytes) -> None:
        """Everybody else's: that it came."""
        if packet.startswith(DIFF):
            self.frames += 1
            self.frame_bytes += len(packet)

    async def sees(self, user_ids: Sequence[str], status: str) -> list[float]:
        """When each was shown so, once all were or SHOWN_S passed; who was not is left out."""
        deadline = time.perf_counter() + SHOWN_S
        while time.perf_counter() < deadline:
            if all(self.shown[one] for one in user_ids):
                break
            await asyncio.sleep(0.1)
        looks = (self.shown[one] for one in user_ids)
        return [look[0][1] for look in looks if [state for state, _ in look] == [status]]


async def _crash(house: RollcallHouse, rounds: Rounds, effort: Effort) -> None:
    crowd, watch = effort.crowd * 2, _Watch()
    seats = {f"s{number}": [f"r{number // ROOM_OF}"] for number in range(crowd)}
    seats["viewer"] = sorted({room for rooms in seats.values() for room in rooms})
    house.settle(seats)
    await house.open(seats, watch.count, at_once=OPEN_AT_ONCE)
    house.connections["viewer"].hear = watch.watch
    holders = holders_of_ports(house.server.worker_pids)
    viewers_pid = holders[house.connections["viewer"].local_port]
    doomed = next(pid for pid in house.server.worker_pids if pid != viewers_pid)
    victims = [seat for seat, one in house.connections.items() if holders[one.local_port] == doomed]
    ids = [house.people[seat].user_id for seat in victims]
    await asyncio.sleep(5)
    watch.shown.clear()
    await _all_gone(house, watch, doomed, ids, rounds)
    await _all_back(house, watch, {seat: seats[seat] for seat in victims}, ids, rounds)


async def _all_gone(
    house: RollcallHouse, watch: _Watch, doomed: int, ids: list[str], rounds: Rounds
) -> None:
    """The worker dies; the viewer on the other one is shown that all of them left."""
    watch.frames = watch.frame_bytes = 0
    killed = time.perf_counter()
    house.server.kill(doomed)
    moments = await watch.sees(ids, "offline")
    await asyncio.sleep(1.0)
    _add_shown(house, "crash", [moment - killed for moment in moments], len(ids), rounds)
    rounds.add(house.name, "crash: diff frames to those who stayed", "frames", watch.frames)


async def _all_back(
    house: RollcallHouse,
    watch: _Watch,
    seats: dict[str, list[str]],
    ids: list[str],
    rounds: Rounds,
) -> None:
    """All of them connect at once; until all have their greeting, and until all are shown."""
    for seat in seats:
        house.connections.pop(seat).close()
    watch.shown.clear()
    watch.frames = watch.frame_bytes = 0
    meter, started = Meter(house), time.perf_counter()
    meter.start()
    await house.open(seats, watch.count, at_once=1000)
    rounds.add(house.name, "storm: all connected", "s", time.perf_counter() - started)
    moments = await watch.sees(ids, "online")
    rounds.add(house.name, "storm: connect", US_CONNECT, meter.cpu_s() / len(ids) * 1e6)
    _add_shown(house, "storm", [moment - started for moment in moments], len(ids), rounds)
    rounds.add(house.name, "storm: diff frames a reconnect", "frames", watch.frames / len(ids))
    rounds.add(house.name, "storm: diff bytes a reconnect", "bytes", watch.frame_bytes / len(ids))


def _add_shown(
    house: House, what: str, after_s: list[float], expected: int, rounds: Rounds
) -> None:
    wrong = expected - len(after_s)
    rounds.add(house.name, f"{what}: people", "people", expected)
    rounds.add(house.name, f"{what}: not shown exactly once", "people", wrong)
    if after_s:
        rounds.add(house.name, f"{what}: the last one shown", "s", max(after_s))


async def _snapshot(house: RollcallHouse, rounds: Rounds, effort: Effort) -> None:
    crowd = effort.crowd
    seats = {f"s{number}": ["all"] for number in range(crowd)}
    house.settle(seats)
    here = {seat: rooms for seat, rooms in seats.items() if int(seat[1:]) < crowd // 10}
    await house.open(here, None, at_once=OPEN_AT_ONCE)
    other = await connect(house.server.door, house.people["s0"].cookie)
    path = f"/api/v1/rooms/{house.room_ids['all']}/roster"
    for _ in range(max(5, effort.rounds)):
        stop = asyncio.Event()
        waits = asyncio.ensure_future(_waits_ms(other, stop))
        started = time.perf_counter()
        status, body = await fetch(house.server.door, "GET", path, house.people["s1"].cookie)
        rounds.add(house.name, f"roster of {crowd} by HTTP", MS, _ms_since(started))
        started = time.perf_counter()
        answer = await house.connections["s2"].ask_undecoded("roster:sync", {})
        rounds.add(house.name, f"roster:sync of {crowd}", MS, _ms_since(started))
        stop.set()
        rounds.add(house.name, "longest wait of another client meanwhile", MS, max(await waits))
        # Decoded only now: the other client waits in this loop too, and not for its decoder.
        if status != 200 or len(msgspec.json.decode(body)["members"]) != crowd:
            raise RuntimeError(f"the roster was answered with {status}")
        if len(packets.value_of(answer)["people"]) != crowd:
            raise RuntimeError("the roster is not whole")
        await asyncio.sleep(0.3)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1e3


async def _waits_ms(tab: client.LoadConnection, stop: asyncio.Event) -> list[float]:
    """How long another client waits for small answers, asked one after the other."""
    waits = []
    while not stop.is_set():
        started = time.perf_counter()
        await tab.ask("message:since", {"rooms": {}})
        waits.append((time.perf_counter() - started) * 1e3)
        await asyncio.sleep(0.001)
    return waits
