"""How an act reaches Redis: one Lua script each, with what every script is told and answers.

A script is lua/head.lua, lua/settle.lua and the act's own file. EVALSHA names it by its content, so
that workers of different versions never run each other's. No act's own words are here: store.py.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys, text_of
from presence.store_clock import StoreClock
from presence.terms import Place, Reply
from presence.timings import Timings

ACTS = (
    "grant",
    "renew",
    "shorten",
    "expire",
    "revoke",
    "sweep",
    "snapshot",
    "since",
    "missing",
    "life",
    "claim",
    "why",
    "join",
    "sequence",
)
_LUA = Path(__file__).parent / "lua"


class Scripts:
    """The scripts of one worker on one set of keys. clock: set by every answer."""

    def __init__(self, client: redis.Redis, keys: Keys, timings: Timings, worker_id: str) -> None:
        self._timings = timings
        self._worker_id = worker_id
        self._key_names = keys.for_scripts()
        common = [(_LUA / f"{name}.lua").read_text() for name in ("head", "settle")]
        self._scripts = {
            act: client.register_script("\n".join([*common, (_LUA / f"{act}.lua").read_text()]))
            for act in ACTS
        }

    def run(self, act: str, args: Sequence[str | int], believed: str, clock: StoreClock) -> Reply:
        """Return what the act answers; clock has heard the store's time. One call.

        Raises PresenceUnavailable: it may or may not have been carried out."""
        timings = self._timings
        head = (
            secrets.token_hex(6),
            believed,
            self._worker_id,
            timings.stall_ms,
            timings.hold_ms,
            timings.lease_ms,
            timings.apart_ms,
        )
        asked_s = time.monotonic()
        with unavailable_on_error():
            answer: Any = self._scripts[act](
                keys=self._key_names, args=[*head, *args]
            )  # redis-py types it as awaitable
        epoch, rev, now_ms, held, *result = answer
        clock.heard(int(now_ms), asked_s, time.monotonic())
        place = Place(text_of(epoch), int(rev))
        return Reply(place, int(now_ms), bool(held), tuple(result) if result else None)


@contextmanager
def unavailable_on_error() -> Iterator[None]:
    """An error of Redis within is raised as PresenceUnavailable."""
    try:
        yield
    except redis.RedisError as error:
        timed_out = isinstance(error, redis.exceptions.TimeoutError)
        raise PresenceUnavailable(f"Redis: {error}", timed_out=timed_out) from error
