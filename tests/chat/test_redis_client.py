"""The Redis clients: they wait for a turn, give up soon, and send nothing twice."""

import threading
from pathlib import Path

import pytest
import redis

from chat import redis_client
from tests.support.child import start_child, stop_child
from tests.support.redis_process import RedisProcess, redis_binary
from tests.support.waiting import wait_until


def test_more_callers_than_connections_wait_for_their_turn(redis_server: RedisProcess) -> None:
    """Fifty callers on two connections all get their answer."""
    client = redis_client.connect(redis_server.url, 2)
    client.delete("turns")
    callers = [threading.Thread(target=client.incr, args=("turns",)) for _ in range(50)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert client.get("turns") == b"50"
    client.close()


def test_write_that_timed_out_is_not_sent_again(private_redis: RedisProcess) -> None:
    """A frozen Redis that thaws has counted once, however the caller fared."""
    client = redis_client.connect(private_redis.url, 2)
    client.ping()
    private_redis.freezes()
    with pytest.raises(redis.TimeoutError):
        client.incr("once")
    private_redis.thaws()
    wait_until(lambda: client.get("once"), 10, "the frozen write arrived")
    assert client.get("once") == b"1"
    client.close()


def test_both_clients_speak_over_a_unix_socket(tmp_path: Path) -> None:
    """The embedded Redis listens on a socket file, as run.py starts it."""
    path = tmp_path / "r.sock"
    flags = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    server = start_child([redis_binary(), *flags], tmp_path / "log")
    wait_until(path.exists, 10, "the socket is there")
    for connect in (redis_client.connect, redis_client.connect_blocking):
        client = connect(f"unix://{path}")
        assert client.ping()
        client.close()
    stop_child(server)


def test_blocking_client_waits_longer_than_any_timeout(redis_server: RedisProcess) -> None:
    """A blocking read longer than the other client's timeout ends with nothing, not in an error."""
    client = redis_client.connect_blocking(redis_server.url)
    assert client.xread({"nothing": "$"}, block=3500) in ({}, [], None)
    client.close()
