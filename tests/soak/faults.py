"""What is done to the town, one fault after the other; each is over when its function returns.

The rule of the file: nobody who stays connected may be shown offline by any of them, and nothing
that was acknowledged may be lost. Their lengths follow the timings, within what the promises bear.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Final

import redis

from tests.soak.town import Town

Fault = Callable[[Town], str]
"""Strikes, and returns how."""


def worker_killed(town: Town) -> str:
    """SIGKILL to a worker; the supervisor has replaced it."""
    doomed = town.chance.choice(town.mortals())
    town.server.worker_dies(doomed)
    town.server.worker_returns(doomed)
    return "SIGKILL"


def worker_drained(town: Town) -> str:
    """SIGTERM to a worker, as a deploy does it; the supervisor has replaced it."""
    doomed = town.chance.choice(town.mortals())
    os.kill(doomed, signal.SIGTERM)
    town.server.worker_returns(doomed)
    return "SIGTERM"


def worker_frozen(town: Town) -> str:
    """SIGSTOP to a worker, the elder too, for less than its people's leases last."""
    timings = town.timings
    seconds = town.chance.uniform(0.2, 0.9) * timings.worker_lease_ms / 1000
    frozen = town.chance.choice(town.server.worker_pids())
    town.server.freezes(frozen)
    time.sleep(seconds)
    town.server.thaws(frozen)
    return f"SIGSTOP for {seconds:.1f} s"


def redis_frozen(town: Town) -> str:
    """SIGSTOP to Redis, up to two thirds of a lease."""
    seconds = town.chance.uniform(0.1, 0.66) * town.timings.lease_ms / 1000
    town.store.freezes()
    time.sleep(seconds)
    town.store.thaws()
    return f"SIGSTOP for {seconds:.1f} s"


def redis_restarted(town: Town) -> str:
    """SIGKILL to Redis; it comes back with nothing in it."""
    seconds = town.chance.uniform(0, 0.3) * town.timings.lease_ms / 1000
    town.store.dies()
    time.sleep(seconds)
    town.store.start()
    return f"empty after {seconds:.1f} s"


def redis_flushed(town: Town) -> str:
    """FLUSHALL: everything is gone, and no link broke."""
    town.store.flush()
    return "FLUSHALL"


def redis_links_killed(town: Town) -> str:
    """Every link to Redis is closed by it, those that listen and those that ask."""
    with town.client() as client:
        killed = [client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
                  for kind in ("pubsub", "normal")]  # fmt: skip
    return f"{sum(killed)} links"


def notifications_off(town: Town) -> str:
    """Redis tells of no expiry for a while."""
    seconds = town.chance.uniform(1, 2.5) * town.timings.grace_ms / 1000
    with town.client() as client:
        client.config_set("notify-keyspace-events", "")
        time.sleep(seconds)
        client.config_set("notify-keyspace-events", "Ex")
    return f"for {seconds:.1f} s"


def redis_paused(town: Town) -> str:
    """CLIENT PAUSE ALL: Redis takes commands and answers none."""
    seconds = town.chance.uniform(0.1, 0.4) * town.timings.lease_ms / 1000
    with town.client() as client:
        client.client_pause(round(seconds * 1000))
    time.sleep(seconds)
    return f"for {seconds:.1f} s"


def network_swallowed(town: Town) -> str:
    """A third of the people hear nothing, and are not heard."""
    silent_s = (town.timings.ping_ms + town.timings.ping_timeout_ms) / 1000
    seconds = town.chance.uniform(0.1, 1.2) * silent_s
    town.proxy.swallows()
    time.sleep(seconds)
    town.proxy.passes()
    return f"for {seconds:.1f} s"


def network_cut(town: Town) -> str:
    """Every connection of a third of the people is reset."""
    town.proxy.cuts()
    return "RST"


def network_slow(town: Town) -> str:
    """Everything of a third of the people is late."""
    late_ms = town.chance.randint(50, 400)
    town.proxy.delays(late_ms)
    time.sleep(town.timings.grace_ms / 1000)
    town.proxy.delays(0)
    return f"by {late_ms} ms"


FAULTS: Final[tuple[Fault, ...]] = (
    worker_killed,
    worker_drained,
    worker_frozen,
    redis_frozen,
    redis_restarted,
    redis_flushed,
    redis_links_killed,
    notifications_off,
    redis_paused,
    network_swallowed,
    network_cut,
    network_slow,
)


def name_of(fault: Fault) -> str:
    """Return the words for a fault."""
    return fault.__name__.replace("_", " ")


def undo(town: Town) -> None:
    """Whatever a fault that failed half way left behind is over."""
    town.store.thaws()
    town.proxy.passes()
    town.proxy.delays(0)
    for pid in town.server.worker_pids():
        town.server.thaws(pid)
    with contextlib.suppress(redis.RedisError), town.client() as client:
        client.config_set("notify-keyspace-events", "Ex")
