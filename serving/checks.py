"""What is made sure of before anything serves; each failure is one ConfigError line."""

import re

import redis as redis_library
from redis.backoff import NoBackoff
from redis.retry import Retry

from chat.config import PREFIX, Config, ConfigError
from chat.roster.timings import timings_of
from presence import TimingsError

CONNECT_S = 5


def timings(config: Config) -> None:
    """Return when the presence timings agree; raise ConfigError naming those that do not."""
    try:
        timings_of(config)
    except TimingsError as wrong:
        named = re.sub(r"\b[a-z_]+_ms\b", lambda name: PREFIX + name[0].upper(), str(wrong))
        raise ConfigError(f"the timings contradict each other: {named}") from None


def redis(url: str) -> None:
    """Return when Redis answers; raise ConfigError when it does not within CONNECT_S."""
    client = redis_library.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=CONNECT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except (redis_library.RedisError, ValueError) as wrong:
        raise ConfigError(
            f"ROLLCALL_REDIS_URL (--redis-url): Redis does not answer: {first_line(wrong)}"
        ) from None
    finally:
        client.close()


def first_line(wrong: BaseException) -> str:
    """Return what an error says, without the rest of its story."""
    return next(iter(str(wrong).strip().splitlines()), type(wrong).__name__)
