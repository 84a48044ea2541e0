"""How long it takes until others see it: every kind of transition, a thousand times each.

    python -m bench.lag [--people 1000] [--first 7] [--publish]

Two workers with the default timings, people in rooms of fifty. One clock: what happens to a person
happens in this process, and the viewer who is told of it, on the other worker, is here too. A lag
outside its bound, an early one and a status shown twice or never all count as wrong. --publish
writes the figures and the picture into docs/; with --first the later kinds keep theirs."""

from __future__ import annotations

import argparse

from bench import client
from bench.kinds import Kinds
from bench.lag_report import publish, table
from bench.lag_scenes import measured
from bench.people import furnish, sign_up
from bench.server import running
from presence.timings import Timings

ROOM_OF = 50


def main() -> None:
    """Measure every kind, tell the figures, and fail when one is wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1000)
    options.add_argument("--first", type=int, default=len(Kinds.__slots__))
    options.add_argument("--publish", action="store_true")
    chosen = options.parse_args()
    with running(workers=2) as server:
        people = sign_up(server.database_url, chosen.people, redis_url=server.redis_url)
        viewers = sign_up(server.database_url, 2, prefix="viewer")
        rooms = [people[at : at + ROOM_OF] for at in range(0, len(people), ROOM_OF)]
        furnish(server.database_url, [[*viewers, *inside] for inside in rooms])
        scenes = measured(server, people, viewers, Kinds.of(Timings()), chosen.first)
        kinds = client.run(scenes)
    print(table(kinds))
    if chosen.publish:
        publish(kinds)
    if any(one.wrong for one in kinds):
        raise SystemExit("a bound was not kept")


if __name__ == "__main__":
    main()
