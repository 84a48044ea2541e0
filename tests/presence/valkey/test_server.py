"""That the tests beside this one say more than those they are copies of."""

from tests.support.redis_process import RedisProcess


def test_server_of_these_tests_is_valkey(redis_server: RedisProcess) -> None:
    """It calls itself so."""
    with redis_server.client() as client:
        server = client.info("server")
    assert server["server_name"] == "valkey"
