"""How Rollcall talks to Redis: one pool for commands that answer at once, a client for waiting.

redis-py's own defaults are wrong here twice over: its pool raises when it is full (a burst of
requests dies), and it sends a timed-out write again (one INCR counts twice). So: a pool that
waits, short timeouts, no retry. A write that must survive a hiccup is made idempotent by its
caller. Source: docs/adr/0006.
"""

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

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
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=size,
        timeout=_WAIT_FOR_CONNECTION_S,
        socket_timeout=_ANSWER_S,
        socket_connect_timeout=_CONNECT_S,
        health_check_interval=_PROBE_EVERY_S,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis(connection_pool=pool)


def connect_blocking(url: str) -> Redis:
    """Return a client of its own for XREAD BLOCK and pub/sub, whose answers may take for ever.

    A peer that vanished is noticed by TCP keepalive alone: block in slices and look around.
    """
    over_tcp = {} if url.startswith("unix:") else {"socket_keepalive": True}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=2,
        timeout=_WAIT_FOR_CONNECTION_S,
        socket_timeout=None,
        socket_connect_timeout=_CONNECT_S,
        retry=Retry(NoBackoff(), 0),
        **over_tcp,
    )
    return Redis(connection_pool=pool)
