"""What is made sure of before anything serves; each failure is one ConfigError line."""

import re
import sys

import redis as redis_library

from chat import redis_client
from chat.config import PREFIX, Config, ConfigError
from chat.roster.timings import timings_of
from presence import TimingsError

NAMED = "ROLLCALL_REDIS_URL (--redis-url)"


def timings(config: Config) -> None:
    """Return when the presence timings agree; raise ConfigError naming those that do not."""
    try:
        timings_of(config)
    except TimingsError as wrong:
        named = re.sub(r"\b[a-z_]+_ms\b", lambda name: PREFIX + name[0].upper(), str(wrong))
        raise ConfigError(f"the timings contradict each other: {named}") from None


def redis(url: str) -> None:
    """Return when Redis answers and keeps what it is given.

    Raises ConfigError when it does not answer within a few seconds, or may drop keys."""
    try:
        client = redis_client.connect(url, 1)
        client.ping()
        policy = _eviction_policy(client)
        client.connection_pool.disconnect()
    except (redis_library.RedisError, ValueError) as wrong:
        raise ConfigError(f"{NAMED}: Redis does not answer: {first_line(wrong)}") from None
    if policy is not None:
        raise ConfigError(
            f"{NAMED}: this Redis drops keys when its memory is full (maxmemory-policy {policy}); "
            "people would vanish: set maxmemory-policy to noeviction"
        )


def _eviction_policy(client: redis_library.Redis) -> str | None:
    try:
        return redis_client.eviction_policy(client)
    except redis_library.exceptions.NoPermissionError:
        print(
            f"rollcall: {NAMED}: INFO is forbidden, so nobody knows whether this Redis drops keys;"
            " maxmemory-policy must be noeviction",
            file=sys.stderr,
        )
        return None


def first_line(wrong: BaseException) -> str:
    """Return what an error says, without the rest of its story."""
    return next(iter(str(wrong).strip().splitlines()), type(wrong).__name__)
