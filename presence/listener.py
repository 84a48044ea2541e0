"""The keyspace-expiry listener: an `expired` event is a hint that one lease may have run out.

An event may be late, doubled, lost, or false (a renewal on the edge fires `expired` and the user
lives): the store decides. Every worker hears every event; one of them, chosen by the lease's name
among the workers known to live, asks the store; the sweep covers for a wrong choice.

The link is probed through what it is for: a key of 20 ms whose expiry must be heard. A link that
is silent is built anew, and each subscription is a gap: what was missed is swept at once.
Flags of notify-keyspace-events are added, never replaced. Where that is forbidden the sweep works
alone. Source: docs/adr/0003.
"""

import logging
import selectors
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys, expired_channel, text_of
from presence.store import Store
from presence.terms import LeaseRef

log = logging.getLogger(__name__)

PROBE_EVERY_S = 5.0
SELF_TEST_S = 5.0  # the first probe is heard by then, or the sweep works alone
DEAF_AFTER_S = 12.0
PROBE_TTL_MS = 20
PATIENCE_S = 0.25  # the longest wait for one message; also how late a stop is noticed
RETRY_EVENTS_S = 60.0  # where notifications are off and may not be switched on
HELD_PAUSE_S = 1.0


class Listener:
    """Hears what expired and lets the store decide, on a link of its own."""

    def __init__(
        self,
        client: redis.Redis,
        link: redis.Redis,
        keys: Keys,
        store: Store,
        worker_id: str,
        *,
        workers: Callable[[], Sequence[str]],
        on_gap: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._link = link
        self._keys = keys
        self._store = store
        self._worker_id = worker_id
        self._workers = workers
        self._on_gap = on_gap
        self._clock = clock
        self._pubsub: Any = None  # redis-py's PubSub is untyped where it is used
        self._probe_key = keys.probe(worker_id)
        self._probed_s = 0.0
        self._heard_s: float | None = None
        self._subscribed_s = 0.0
        self._held_until_s = 0.0
        self._warned = False
        self.hears = False
        self.ended = 0

    def step(self) -> None:
        """Hear one message, or a quarter of a second of silence; probe when it is time.

        Raises PresenceUnavailable when the link broke; the next step builds it anew."""
        try:
            if self._pubsub is None:
                self._subscribe()
            self._probe()
            message = self._next()
        except (redis.RedisError, OSError, ValueError) as error:
            # ValueError: redis-py reads on a socket that another thread has just closed
            self.unsubscribe()
            raise PresenceUnavailable(f"Redis listener: {error}") from error
        if message is not None:
            self._heed(message)

    def _next(self) -> Any:  # untyped, as the link is
        """Return the next message, None after a quarter of a second of silence.

        redis-py's own wait ends in an exception that refers to itself, four times a second: 12 KiB
        a second of garbage, and a collection that held the worker for a tenth of one."""
        message = self._pubsub.get_message(timeout=0)
        if message is None:
            with selectors.DefaultSelector() as silence:  # select alone knows only 1 024 files
                link = self._pubsub.connection._sock  # noqa: SLF001 - no public seam exists
                silence.register(link, selectors.EVENT_READ)
                silence.select(PATIENCE_S)
        return message

    def probe_age_ms(self) -> int | None:
        """Return how long ago the own probe was heard, None before the first."""
        if self._heard_s is None:
            return None
        return round((self._clock() - self._heard_s) * 1000)

    def unsubscribe(self) -> None:
        """Nothing is heard until the next step."""
        self.hears = False
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            pubsub.close()

    def _subscribe(self) -> None:
        switch_events_on(self._client)
        database = int(self._client.connection_pool.connection_kwargs.get("db") or 0)
        pubsub = self._link.pubsub()  # type: ignore[no-untyped-call] # redis-py's is untyped
        pubsub.subscribe(expired_channel(database))
        self._pubsub = pubsub
        self._subscribed_s = self._clock()
        self._probed_s = 0.0

    def _probe(self) -> None:
        now_s = self._clock()
        if now_s - max(self._subscribed_s, self._heard_s or 0.0) > self._deaf_after_s():
            log.warning("presence listener is deaf and subscribes anew")
            self.unsubscribe()
            self._subscribe()
        if not self.hears and not self._warned and now_s - self._subscribed_s > SELF_TEST_S:
            self._warned = True
            log.warning("presence hears no expired events; the sweep works alone")
        if now_s - self._probed_s < PROBE_EVERY_S:
            return
        self._probed_s = now_s
        self._client.set(self._probe_key, "", px=PROBE_TTL_MS)
        # Reading it once it ran out makes Redis tell at once instead of when it comes round to it.
        threading.Event().wait(PROBE_TTL_MS * 2 / 1000)
        self._client.exists(self._probe_key)

    def _deaf_after_s(self) -> float:
        return DEAF_AFTER_S if self.hears else RETRY_EVENTS_S

    def _heed(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            # redis-py reconnects without a word; this confirmation is the only trace of it.
            self._on_gap()
        elif message["type"] == "message":
            self._heed_expired(text_of(message["data"]))

    def _heed_expired(self, key: str) -> None:
        if key == self._probe_key:
            self._heard_s = self._clock()
            self.hears = True
            self._warned = False
            return
        lease = self._keys.lease_named(key)
        if lease is None or not self._is_mine(lease) or self._clock() < self._held_until_s:
            return
        _, ended, held = self._store.expire(lease)
        self.ended += ended
        if held:  # the sweep will find them all when the hold is over
            self._held_until_s = self._clock() + HELD_PAUSE_S

    def _is_mine(self, lease: LeaseRef) -> bool:
        """One worker of all asks the store: the one whose name weighs most with this lease's."""
        workers = self._workers() or (self._worker_id,)
        name = f"{lease.user_id} {lease.connection_id}"
        return max(workers, key=lambda worker: _weight(worker, name)) == self._worker_id


def switch_events_on(client: redis.Redis) -> bool:
    """Redis tells of expired keys from now on, if it lets us say so; other flags stay as they are.

    Returns whether the flags are right."""
    try:
        settings: Any = client.config_get("notify-keyspace-events")  # typed as awaitable
        flags = text_of(settings["notify-keyspace-events"])
        has_channel, has_expired = "E" in flags, "x" in flags or "A" in flags
        if not (has_channel and has_expired):
            wanted = flags + ("" if has_channel else "E") + ("" if has_expired else "x")
            client.config_set("notify-keyspace-events", wanted)
    except (redis.exceptions.ResponseError, KeyError) as error:
        log.warning("presence cannot switch keyspace events on; the sweep works alone: %s", error)
        return False
    return True


def _weight(worker: str, name: str) -> int:
    return zlib.crc32(f"{worker} {name}".encode())
