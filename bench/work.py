"""The work that every contestant is given, and the meters on it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.houses import House
from bench.processes import Cost

TEXT = "x" * 100
DRAIN_S = 20.0  # what was not delivered by then never will be


@dataclass
class Heard:
    """Counts deliveries: the packets that begin with `begins`, of all connections."""

    begins: bytes
    count: int = 0

    def hear(self, packet: bytes) -> None:
        """One packet came."""
        if packet.startswith(self.begins):
            self.count += 1

    async def reaches(self, count: int) -> None:
        """So many were heard. Raises TimeoutError when they do not come."""
        deadline = time.perf_counter() + DRAIN_S
        while self.count < count:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{self.count} of {count} were delivered")
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Post:
    """Who posts where."""

    seat: str
    room: str


async def idle_cores(houses: Sequence[House], seconds: float) -> dict[str, float]:
    """The share of a core that each house takes for doing nothing, by its name."""
    before = {house.name: house.costs().total for house in houses}
    await asyncio.sleep(seconds)
    return {
        house.name: house.costs().total.since(before[house.name]).cpu_s / seconds
        for house in houses
    }


async def paced(house: House, posts: Sequence[Post], a_second: float) -> list[float]:
    """Post so many a second, however long the acks take; seconds until each ack.

    Each goes at its own moment, so that a stall delays the acks and not the load."""
    started, waits = time.perf_counter(), []
    for number, post in enumerate(posts):
        await asyncio.sleep(started + number / a_second - time.perf_counter())
        waits.append(asyncio.ensure_future(_acked(house, post)))
    return await asyncio.gather(*waits)


async def as_fast_as_it_goes(
    house: House, posts: Sequence[Post], *, seconds: float, window: int
) -> float:
    """So many posts on their way at any time, for so long; acks a second."""
    until, done = time.perf_counter() + seconds, 0

    async def one_after_the_other() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await _acked(house, random.choice(posts))  # noqa: S311 - chance, no secret
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(window)))
    return done / (time.perf_counter() - started)


@dataclass
class Meter:
    """What a house costs for a piece of work, above what it costs for doing nothing."""

    house: House
    idle_cores: float = 0.0
    _before: Cost = Cost()  # noqa: RUF009 - frozen
    _started: float = 0.0

    def start(self) -> None:
        """Count from now."""
        self._before, self._started = self.house.costs().total, time.perf_counter()

    def cpu_s(self) -> float:
        """CPU seconds of all its processes since the start."""
        spent = self.house.costs().total.since(self._before).cpu_s
        return max(0.0, spent - self.idle_cores * (time.perf_counter() - self._started))


async def _acked(house: House, post: Post) -> float:
    started = time.perf_counter()
    try:
        answer = await house.post(post.seat, post.room, TEXT)
    except ConnectionError as lost:
        raise RuntimeError(f"{house.name}: {post.seat} was cut off") from lost
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(f"{house.name}: {answer['error']}")
    return time.perf_counter() - started
