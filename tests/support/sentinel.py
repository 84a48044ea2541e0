"""A master, its replica and a Sentinel that watches them with quick timings."""

from pathlib import Path
from typing import Any

import redis

from tests.support.child import free_port, start_child, stop_child
from tests.support.redis_process import RedisProcess, redis_binary
from tests.support.waiting import wait_until

SERVICE = "chat"
# The Sentinel takes a master that is silent for this long for dead.
DOWN_AFTER_MS = 500
# One that stood still for two seconds itself decides nothing for thirty (tilt mode), and gives up a
# swap that took longer than its timeout. Source: redis.io, High availability with Redis Sentinel.
TILT_S = 30
PATIENCE_S = TILT_S + 15


class Sentinel:
    """Two Redis servers, one of them the master, and who decides which. `url` names it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.servers = [RedisProcess(_made(folder / name)) for name in ("one", "two")]
        # The first address is of nobody: the next one is asked.
        hosts = f"127.0.0.1:{free_port()},127.0.0.1:{self.port}"
        self.url = f"redis+sentinel://{hosts}/{SERVICE}/0"
        self._child: Any = None  # started by start()

    @property
    def master(self) -> RedisProcess:
        """The server that the Sentinel names as the master now."""
        with redis.Redis(port=self.port, socket_timeout=5, decode_responses=True) as sentinel:
            address: Any = sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(server for server in self.servers if server.port == int(address[1]))

    @property
    def replica(self) -> RedisProcess:
        """The other one."""
        return next(server for server in self.servers if server is not self.master)

    def start(self) -> None:
        """The replica holds what the master does, and the Sentinel knows both."""
        one, two = self.servers
        one.start()
        two.start()
        replicates(two, one)
        settings = self.folder / "sentinel.conf"
        settings.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {one.port} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {SERVICE} {PATIENCE_S * 1000}\n"
        )
        command: list[str | Path] = [redis_binary(), settings, "--sentinel"]
        self._child = start_child(command, self.folder / "sentinel.log")
        wait_until(self._knows_the_replica, 15, "the Sentinel knows the replica")

    def fails_over(self) -> None:
        """The Sentinel begins to swap master and replica, as an operator asks for."""
        wait_until(self._begins_failover, 15, "the Sentinel finds the replica good enough")

    def waits_for_another_master(self, former: RedisProcess) -> RedisProcess:
        """Return the master that was promoted in the place of the former."""
        wait_until(lambda: self.master is not former, PATIENCE_S, "the replica is promoted")
        return self.master

    def dies(self) -> None:
        """Nobody answers any more who the master is; both servers go on."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """All three are gone."""
        if self._child is not None:
            stop_child(self._child)
        for server in self.servers:
            server.stop()

    def _begins_failover(self) -> bool:
        with redis.Redis(port=self.port, socket_timeout=5) as sentinel:
            try:
                sentinel.execute_command("SENTINEL", "FAILOVER", SERVICE)
            except redis.exceptions.ResponseError:  # NOGOODSLAVE: it has yet to hear of its replica
                return False
        return True

    def _knows_the_replica(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=5, decode_responses=True) as sentinel:
                replicas: Any = sentinel.execute_command("SENTINEL", "REPLICAS", SERVICE)
        except redis.RedisError:
            return False
        known = [
            one if isinstance(one, dict) else dict(zip(one[::2], one[1::2], strict=True))
            for one in replicas
        ]
        return [one.get("master-link-status") for one in known] == ["ok"]


def replicates(replica: RedisProcess, master: RedisProcess) -> None:
    """The replica follows the master and holds all that it does."""
    with replica.client() as client:
        client.replicaof("127.0.0.1", str(master.port))
        wait_until(lambda: _is_linked(client), 15, "the replica is in step")


def _is_linked(client: redis.Redis) -> bool:
    replication: Any = client.info("replication")
    return bool(replication["master_link_status"] == "up")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
