"""The private Redis of the tests does what the fault tests trust it to do."""

from tests.support.redis_process import RedisProcess


def test_restart_keeps_the_address_and_forgets_everything(redis_server: RedisProcess) -> None:
    """A Redis that restarts empty answers on the same URL and holds no key."""
    with redis_server.client() as client:
        client.set("before", "1")

    redis_server.restarts_empty()

    with redis_server.client() as client:
        assert client.dbsize() == 0
        assert client.config_get("notify-keyspace-events")["notify-keyspace-events"] == "xE"
