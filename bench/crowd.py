"""A crowd that comes and goes: is every roster right in the end, and what does it cost?

    python -m bench.crowd [--people 2000] [--seconds 180] [--publish]

People in rooms of 500, each in five, chosen by chance: hardly two see the same people. A third
reconnects every minute, half of them after the grace. Two workers, the default timings."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench import client
from bench.crowd_report import Measured, publish, tell
from bench.crowd_scene import Counts, Crowd
from bench.people import Account, furnish, sign_up
from bench.processes import Costs, own_cpu_s
from bench.server import RunningServer, running

ROOM_OF = 500
ROOMS_EACH = 5
SHARE_A_MINUTE = 1 / 3
SETTLE_S = 9.0  # a closed tab is shown as offline 6 s later at the latest; then one beat
LEAVE = 50


@dataclass(frozen=True)
class _Mark:
    """Where the meters stood."""

    at_s: float
    costs: Costs
    own_s: float

    @classmethod
    def of(cls, server: RunningServer) -> _Mark:
        return cls(time.perf_counter(), server.costs(), own_cpu_s())


def assigned(people: Sequence[Account], room_of: int) -> list[list[Account]]:
    """Rooms of that many, each person in ROOMS_EACH of them, by chance but the same each time."""
    chance = random.Random(5)  # noqa: S311 - the same crowd every time
    rooms = []
    for _ in range(ROOMS_EACH):
        shuffled = chance.sample(people, len(people))
        rooms += [shuffled[at : at + room_of] for at in range(0, len(people), room_of)]
    return rooms


async def measured(
    server: RunningServer, people: list[Account], rooms: list[list[Account]], seconds: float
) -> Measured:
    """Everybody comes, a third a minute reconnects, some leave; then every roster is judged."""
    crowd, load = Crowd(server, people, rooms), os.getloadavg()[0]
    before = _Mark.of(server)
    await crowd.all_come()
    arrived, arrival = _Mark.of(server), crowd.counts
    crowd.counts = Counts()
    print(f"{len(people)} came within {arrived.at_s - before.at_s:.0f} s", flush=True)
    await crowd.churns(seconds, SHARE_A_MINUTE)
    churned, churn = _Mark.of(server), crowd.counts
    await crowd.all_back()
    crowd.some_leave(min(LEAVE, len(people) // 10))
    await asyncio.sleep(SETTLE_S)
    return Measured(
        people=len(people),
        rooms=len(rooms),
        arrival=arrival,
        arrival_s=arrived.at_s - before.at_s,
        arrival_costs=arrived.costs.since(before.costs),
        churn=churn,
        churn_s=churned.at_s - arrived.at_s,
        churn_costs=churned.costs.since(arrived.costs),
        memory=churned.costs,
        client_cpu_s=churned.own_s - arrived.own_s,
        wrong=crowd.wrong(),
        load_before=load,
    )


def main() -> None:
    """Measure, tell, and fail when a roster is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=2000)
    options.add_argument("--seconds", type=float, default=180)
    options.add_argument("--publish", action="store_true")
    chosen = options.parse_args()
    with running(workers=2) as server:
        people = sign_up(server.database_url, chosen.people, redis_url=server.redis_url)
        rooms = assigned(people, min(ROOM_OF, chosen.people))
        furnish(server.database_url, rooms)
        result = client.run(measured(server, people, rooms, chosen.seconds))
    tell(result)
    if chosen.publish:
        publish(result)
    if result.wrong or result.churn.lost:
        raise SystemExit("not every roster is right, or a connection was lost")


if __name__ == "__main__":
    main()
