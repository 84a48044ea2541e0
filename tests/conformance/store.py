"""A Redis of a deployment's own, with the faults that the tests' Redis does not have yet."""

from tests.support.redis_process import RedisProcess

LONG_MS = 3_600_000
FILL = "for n = 1, ARGV[1] do redis.call('SET', 'other:' .. n, 'x', 'PX', ARGV[2]) end"


class PrivateStore(RedisProcess):
    """Implements the kit's Store."""

    def is_shared(self, keys: int) -> None:
        """Redis samples keys with a TTL to find the expired: others' keys make it late."""
        with self.client() as client:
            client.eval(FILL, 0, str(keys), str(LONG_MS))

    def cuts_subscribers(self) -> None:
        """CLIENT KILL TYPE pubsub."""
        with self.client() as client:
            client.client_kill_filter(_type="pubsub")

    def mutes_events(self) -> None:
        """No keyspace notification from now on."""
        with self.client() as client:
            client.config_set("notify-keyspace-events", "")

    def version(self) -> str:
        """Return the server's version."""
        with self.client() as client:
            return str(client.info("server")["redis_version"])
