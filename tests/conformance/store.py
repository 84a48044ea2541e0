"""A Redis of a deployment's own, with the faults that the tests' Redis does not have yet."""

from tests.support.redis_process import RedisProcess


class PrivateStore(RedisProcess):
    """Implements the kit's Store."""

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
