"""How Rollcall talks to Redis: one pool for commands that answer at once, a client for waiting.

redis-py's own defaults are wrong here twice over: its pool raises when it is full (a burst of
requests dies), and it sends a timed-out write again (one INCR counts twice). So: a pool that
waits, short timeouts, no retry. A write that must survive a hiccup is made idempotent by its
caller. Source: docs/adr/0006.

A URL that names Sentinels gives clients that follow the master: chat/sentinels.py.
"""

from typing import Any
from urllib.parse import urlsplit

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from chat import sentinels

POOL_SIZE = 32
_WAIT_FOR_CONNECTION_S = 5
_ANSWER_S = 3
_CONNECT_S = 2
_PROBE_EVERY_S = 15


def connect(url: str, size: int = POOL_SIZE) -> Redis:
    """Return a client for short commands: at most size connections, the next caller waits.

    Nothing is sent yet. A command raises redis.RedisError within 3 s when Redis hangs, and is
    never sent twice.
    """
    return _client(
        url,
        max_connections=size,
        socket_timeout=_ANSWER_S,
        health_check_interval=_PROBE_EVERY_S,
    )


def connect_blocking(url: str) -> Redis:
    """Return a client of its own for XREAD BLOCK and pub/sub, whose answers may take for ever.

    A peer that vanished is noticed by TCP keepalive alone: block in slices and look around.
    """
    over_tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return _client(url, max_connections=2, socket_timeout=None, **over_tcp)


def eviction_policy(client: Redis) -> str | None:
    """Return the policy by which this Redis may drop keys; None: it never does.

    INFO says it, which is often allowed where CONFIG is not. Raises redis.RedisError:
    NoPermissionError where INFO is forbidden too."""
    memory: Any = client.info("memory")  # redis-py types it as awaitable
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    return policy if memory.get("maxmemory") and policy != "noeviction" else None


def _client(url: str, **options: Any) -> Redis:  # as redis-py takes them
    options |= {
        "timeout": _WAIT_FOR_CONNECTION_S,
        "socket_connect_timeout": _CONNECT_S,
        "retry": Retry(NoBackoff(), 0),
    }
    if urlsplit(url).scheme in sentinels.SCHEMES:
        pool = _pool_of_master(sentinels.Sentinels.from_url(url), options)
    else:
        pool = BlockingConnectionPool.from_url(url, **options)
    return Redis.from_pool(pool)  # so that closing the client ends its links


def _pool_of_master(asked: sentinels.Sentinels, options: dict[str, Any]) -> BlockingConnectionPool:
    master = sentinels.Master(asked)
    link = SentinelManagedSSLConnection if asked.is_tls else SentinelManagedConnection
    pool = BlockingConnectionPool(  # type: ignore[no-untyped-call] # redis-py's is untyped
        connection_class=link,
        connection_pool=master,
        db=asked.database,
        username=asked.username,
        password=asked.password,
        **options,
    )
    master.serves(pool)
    return pool
