"""How often signing in and up may be tried, by account and by address, counted in Redis.

When Redis is away everything is allowed, logged and counted as degraded: the rate limit fails open
(a session cannot be opened without Redis anyway). Names and addresses are hashed into the keys.
"""

import hashlib
import math
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis, RedisError

from chat import metrics
from chat.addresses import network_of
from chat.errors import TooManyAttempts

R = TypeVar("R")
log = structlog.get_logger(__name__)


class Attempts:
    """The limits of one Rollcall; all of its workers count together."""

    def __init__(
        self, redis: Redis, *, per_account: str, per_address: str, sign_ups_per_address: str
    ) -> None:
        """Each limit is written as `limits` reads it: "10 per minute". Raises ValueError."""
        storage = RedisStorage(
            "redis://", connection_pool=redis.connection_pool, key_prefix="rc:limit"
        )
        self._window = MovingWindowRateLimiter(storage)
        self._per_account = parse(per_account)
        self._per_address = parse(per_address)
        self._sign_ups = parse(sign_ups_per_address)

    def check_sign_in(self, username_key: str, address: str) -> None:
        """Raise TooManyAttempts when the account or the address has failed too often lately."""
        self._check(self._per_account, "account", username_key)
        self._check(self._per_address, "address", network_of(address))

    def count_failed_sign_in(self, username_key: str, address: str) -> None:
        """Remember one failure against the account and the address."""
        self._hit(self._per_account, _key("account", username_key))
        self._hit(self._per_address, _key("address", network_of(address)))

    def count_sign_up(self, address: str) -> None:
        """Remember one sign-up, or raise TooManyAttempts when there were too many."""
        key = _key("sign-up", network_of(address))
        if not self._hit(self._sign_ups, key):
            raise self._refusal(self._sign_ups, key)

    def _check(self, limit: RateLimitItem, kind: str, value: str) -> None:
        key = _key(kind, value)
        if not _open_when_away(lambda: self._window.test(limit, *key), otherwise=True):
            raise self._refusal(limit, key)

    def _hit(self, limit: RateLimitItem, key: tuple[str, str]) -> bool:
        return _open_when_away(lambda: self._window.hit(limit, *key), otherwise=True)

    def _refusal(self, limit: RateLimitItem, key: tuple[str, str]) -> TooManyAttempts:
        reset_at_s = _open_when_away(
            lambda: self._window.get_window_stats(limit, *key).reset_time, otherwise=time.time()
        )
        return TooManyAttempts(retry_after_s=max(1, math.ceil(reset_at_s - time.time())))


def _open_when_away(ask: Callable[[], R], *, otherwise: R) -> R:
    try:
        return ask()
    except RedisError as error:
        log.warning("rate limit open, Redis is away", cause=type(error).__name__)
        metrics.degraded_total.labels("redis", "rate_limit_open").inc()
        return otherwise


def _key(kind: str, value: str) -> tuple[str, str]:
    return kind, hashlib.sha256(value.encode(errors="replace")).hexdigest()[:32]
