"""Who the master is: the URL that names Sentinels, and links that follow their answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from chat import redis_client
from chat.sentinels import Sentinels
from tests.support.sentinel import Sentinel
from tests.support.waiting import wait_until


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[Sentinel]:
    """A master, its replica and who watches them."""
    watched = Sentinel(tmp_path)
    try:
        watched.start()
        yield watched
    finally:
        watched.stop()


def test_url_names_everything() -> None:
    """Several Sentinels, one without a port, the servers' user and the Sentinels' own."""
    asked = Sentinels.from_url(
        "rediss+sentinel://chat:p%40ss@one:26380,[::1]:5,two/main/3"
        "?sentinel_username=s&sentinel_password=t"
    )
    assert asked.addresses == (("one", 26380), ("::1", 5), ("two", 26379))
    assert (asked.service, asked.database, asked.is_tls) == ("main", 3, True)
    assert (asked.username, asked.password) == ("chat", "p@ss")
    assert asked.own_credentials == {"username": "s", "password": "t"}


def test_url_may_be_short() -> None:
    """Database 0, no users, no TLS."""
    asked = Sentinels.from_url("redis+sentinel://one/main")
    assert asked.addresses == (("one", 26379),)
    assert (asked.database, asked.is_tls, asked.own_credentials) == (0, False, {})
    assert (asked.username, asked.password) == (None, None)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel:///main",
        "redis+sentinel://one",
        "redis+sentinel://one/main/x",
        "redis+sentinel://one,,two/main",
        "redis+sentinel://one:port/main",
    ],
)
def test_url_that_is_unclear_is_refused(url: str) -> None:
    """A ValueError, which the start turns into its one line."""
    with pytest.raises(ValueError, match=r"Sentinel|[Pp]ort"):
        Sentinels.from_url(url)


def test_no_sentinel_is_an_error_of_redis() -> None:
    """Whoever handles a Redis that is away handles this too."""
    client = redis_client.connect("redis+sentinel://127.0.0.1:1,127.0.0.1:2/main")
    with pytest.raises(redis.RedisError, match="no Sentinel knows a master of 'main'"):
        client.ping()
    client.close()


def test_sentinels_that_are_away_cost_nothing_while_the_master_serves(sentinel: Sentinel) -> None:
    """New links lead to where the master was last."""
    client = redis_client.connect(sentinel.url, 2)
    client.set("kept", "1")
    sentinel.dies()
    client.connection_pool.disconnect()
    assert client.get("kept") == b"1"
    client.close()


def test_links_in_use_and_idle_leave_a_master_that_was_swapped(sentinel: Sentinel) -> None:
    """No link is left on the old master, which goes on taking writes for a while."""
    former = sentinel.master
    client = redis_client.connect(sentinel.url, 4)
    blocking = redis_client.connect_blocking(sentinel.url)
    hearing = blocking.pubsub()  # type: ignore[no-untyped-call] # redis-py's is untyped
    hearing.subscribe("news")
    client.ping()
    sentinel.fails_over()
    promoted = sentinel.waits_for_another_master(former)

    def all_moved() -> bool:
        hearing.get_message(timeout=0.1)
        blocking.xread({"nothing": "$"}, block=10)
        client.ping()
        with promoted.client() as there:
            subscribers = dict(there.pubsub_numsub("news"))
        ports = {
            link.port
            for pool in (client.connection_pool, blocking.connection_pool)
            for link in pool._connections  # type: ignore[attr-defined] # no other way to them
        }
        return subscribers[b"news"] == 1 and ports == {promoted.port}

    wait_until(all_moved, 6, "all links lead to the new master")  # Sentinel itself takes eight
    hearing.close()
    blocking.close()
    client.close()
