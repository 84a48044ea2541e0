"""A Redis of a deployment's own, and what only the kit does to one."""

from tests.support.redis_process import RedisProcess

LONG_MS = 3_600_000
BATCH = 2_000
FILL = "for n = ARGV[1], ARGV[2] do redis.call('SET', 'other:' .. n, 'x', 'PX', ARGV[3]) end"


class PrivateStore(RedisProcess):
    """Implements the kit's Store."""

    def is_shared(self, keys: int) -> None:
        """Redis samples keys with a TTL to find the expired: others' keys make it late."""
        with self.client() as client:
            for first in range(0, keys, BATCH):  # one long script would be a stall of its own
                client.eval(FILL, 0, str(first), str(first + BATCH - 1), str(LONG_MS))

    def version(self) -> str:
        """Return the server's version."""
        with self.client() as client:
            return str(client.info("server")["redis_version"])
