"""Scenarios that every contestant plays: coming in, fan-out, small rooms, durable posts.

The rule of the file: houses are up together and take turns, round by round, so that a disturbance
of the machine falls on all of them; what a house costs for doing nothing is taken off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass

from bench import client
from bench.figures import percentile
from bench.houses import (
    PEERS,
    House,
    Seats,
    asgi_house,
    channels_house,
    flask_house,
    node_house,
    rollcall_house,
)
from bench.rows import (
    A_SECOND,
    KIB,
    MS,
    SEND_LOOP,
    US_CONNECT,
    US_DELIVERY,
    US_MESSAGE,
    Rounds,
    Row,
)
from bench.work import Heard, Meter, Post, as_fast_as_it_goes, idle_cores, paced

Open = Callable[[], AbstractContextManager[House]]
IDLE_S = 8.0
FRAME_BYTES = 400
SMALL_A_SECOND = 200


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything: a whole bench, or a quick look."""

    rounds: int
    deliveries: int
    seconds: float
    crowd: int


def fan_out(effort: Effort) -> list[Row]:
    """100 and 500 recipients, every contestant."""
    opens = (rollcall_house, node_house, flask_house, asgi_house, channels_house)
    return _fan_out("fan-out", opens, (100, 500), effort)


def large_fan_out(effort: Effort) -> list[Row]:
    """2 000 and 5 000 recipients: those who take so many connections on one process."""
    sizes = tuple(size for size in (500, 2000, 5000) if size <= max(500, effort.crowd))
    return _fan_out("large fan-out", (rollcall_house, node_house), sizes, effort)


def small_rooms(effort: Effort) -> list[Row]:
    """Rooms of five; who keeps messages stores each before the ack."""
    opens = (
        rollcall_house,
        node_house,
        lambda: node_house(durable=True),
        flask_house,
        asgi_house,
        channels_house,
    )
    return _with("small rooms", opens, lambda houses, rounds: _small(houses, rounds, effort))


def durable(effort: Effort) -> list[Row]:
    """1 000 stored messages a second, then as many as it takes; rooms of five."""
    opens = (rollcall_house, lambda: node_house(durable=True))
    return _with("durable", opens, lambda houses, rounds: _durable(houses, rounds, effort))


def _fan_out(name: str, opens: Sequence[Open], sizes: Sequence[int], effort: Effort) -> list[Row]:
    async def play(houses: list[House], rounds: Rounds) -> None:
        seats = {
            f"s{number}": [f"r{size}" for size in sizes if number < size]
            for number in range(max(sizes))
        }
        heard = await _come_in(houses, seats, rounds, effort)
        idle = await idle_cores(houses, IDLE_S)
        for _ in range(effort.rounds):
            for size in sizes:
                posts = [Post("s0", f"r{size}")] * max(10, effort.deliveries // size)
                for house in houses:
                    meter = Meter(house, idle[house.name])
                    async with _forgiven(house, seats, heard[house.name]):
                        spent_us = await _told(meter, heard[house.name], posts, size)
                        rounds.add(house.name, f"{size}", US_DELIVERY, spent_us)
                rounds.add(SEND_LOOP, f"{size}", US_DELIVERY, _send_loop(size, len(posts)))

    return _with(name, opens, play)


async def _told(meter: Meter, heard: Heard, posts: Sequence[Post], size: int) -> float:
    """Everybody in the room is told each post; CPU microseconds a delivery."""
    house, heard.count = meter.house, 0
    posts = posts[: max(5, len(posts) * house.pace // House.pace)]
    meter.start()
    await paced(house, posts, house.pace / size)
    await heard.reaches(len(posts) * size)
    return meter.cpu_s() / heard.count * 1e6


@asynccontextmanager
async def _forgiven(house: House, seats: Seats, heard: Heard) -> AsyncIterator[None]:
    """A server that cut its clients off, or lost messages, loses the round and goes on."""
    try:
        yield
    except (RuntimeError, TimeoutError) as failed:
        print(f"a round of {house.name} failed: {failed}", flush=True)
        await house.refill(seats, heard.hear)


async def _come_in(
    houses: Sequence[House], seats: dict[str, list[str]], rounds: Rounds, effort: Effort
) -> dict[str, Heard]:
    """Everybody comes in, a part a round, the houses in turn."""
    heard = {house.name: Heard(house.begins) for house in houses}
    names = list(seats)
    part = -(-len(names) // effort.rounds)
    empty = {house.name: house.costs().total for house in houses}
    for house in houses:
        house.settle(seats)
    for first in range(0, len(names), part):
        some = {name: seats[name] for name in names[first : first + part]}
        for house in houses:
            meter = Meter(house)
            meter.start()
            await house.open(some, heard[house.name].hear)
            rounds.add(house.name, "connect", US_CONNECT, meter.cpu_s() / len(some) * 1e6)
    for house in houses:
        grown = house.costs().total.since(empty[house.name])
        kib = grown.rss_bytes / len(house.connections) / 1024
        rounds.add(house.name, f"memory at {len(names)}", KIB, kib)
    return heard


def _rooms_of_five(people: int) -> dict[str, list[str]]:
    return {f"s{number}": [f"r{number // 5}"] for number in range(people)}


async def _small(houses: list[House], rounds: Rounds, effort: Effort) -> None:
    seats = _rooms_of_five(500)
    heard = await _come_in(houses, seats, rounds, effort)
    idle = await idle_cores(houses, IDLE_S)
    posts = _everybody_posts(seats, int(SMALL_A_SECOND * effort.seconds))
    for _ in range(effort.rounds):
        for house in houses:
            async with _forgiven(house, seats, heard[house.name]):
                await _small_round(Meter(house, idle[house.name]), heard[house.name], posts, rounds)


async def _small_round(meter: Meter, heard: Heard, posts: Sequence[Post], rounds: Rounds) -> None:
    name, heard.count = meter.house.name, 0
    meter.start()
    waits_s = await paced(meter.house, posts, SMALL_A_SECOND)
    await heard.reaches(5 * len(posts))
    rounds.add(name, "message", US_MESSAGE, meter.cpu_s() / len(posts) * 1e6)
    for share in (0.5, 0.99):
        case = f"ack p{share * 100:.0f} at {SMALL_A_SECOND}/s"
        rounds.add(name, case, MS, percentile(waits_s, share) * 1e3)


async def _durable(houses: list[House], rounds: Rounds, effort: Effort) -> None:
    seats = _rooms_of_five(500)
    await _come_in(houses, seats, rounds, effort)
    a_second = 1000
    posts = _everybody_posts(seats, int(a_second * effort.seconds))
    for _ in range(effort.rounds):
        for house in houses:
            rate = await as_fast_as_it_goes(house, posts, seconds=effort.seconds, window=100)
            rounds.add(house.name, "sustained", A_SECOND, rate)
            meter = Meter(house)
            meter.start()
            waits_s = await paced(house, posts, a_second)
            rounds.add(house.name, "message", US_MESSAGE, meter.cpu_s() / len(posts) * 1e6)
            for share in (0.5, 0.99):
                case = f"ack p{share * 100:.0f} at {a_second}/s"
                rounds.add(house.name, case, MS, percentile(waits_s, share) * 1e3)


def _everybody_posts(seats: dict[str, list[str]], count: int) -> list[Post]:
    turns = list(seats.items())
    return [Post(seat, rooms[0]) for seat, rooms in (turns[n % len(turns)] for n in range(count))]


def _send_loop(sockets: int, messages: int) -> float:
    words = [str(word) for word in (sockets, messages, FRAME_BYTES)]
    command = [sys.executable, str(PEERS / "send_loop.py"), *words]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return float(told.stdout)


def _with(name: str, opens: Sequence[Open], play: Callable[..., object]) -> list[Row]:
    rounds = Rounds(name)
    with ExitStack() as stack:
        houses = [stack.enter_context(one()) for one in opens]

        async def played() -> None:
            await play(houses, rounds)  # type: ignore[misc]  # whatever it yields
            for house in houses:
                await house.empty()

        client.run(played())
    return rounds.rows()
