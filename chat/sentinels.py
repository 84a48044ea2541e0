"""Who the master is, by Redis Sentinel: for links that follow it through every failover.

A URL redis+sentinel://[user:password@]host:port,host:port/service/db names the Sentinels; the user
is the servers'. rediss+sentinel:// speaks TLS with the servers; ?sentinel_username= and
?sentinel_password= are for Sentinels that ask for them.

The rule of the file: each new link asks, and so does a thread every second; when the answer is
another than before, every link that leads to the former master ends.
Source: docs/adr/0011; Redis, "Guidelines for Redis clients with support for Redis Sentinel".
"""

import contextlib
import threading
import weakref
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError

SCHEMES = ("redis+sentinel", "rediss+sentinel")
PORT = 26379
LOOK_EVERY_S = 1
ANSWER_S = 1  # a Sentinel that hangs holds up each new link this long
FORM = "redis+sentinel://host:port,host:port/service/db"


@dataclass(frozen=True)
class Sentinels:
    """Where to ask for the master of a service, and how to speak with it."""

    addresses: tuple[tuple[str, int], ...]
    service: str
    database: int
    is_tls: bool
    username: str | None
    password: str | None
    own_credentials: dict[str, str]

    @classmethod
    def from_url(cls, url: str) -> "Sentinels":
        """Read a URL of one of SCHEMES; raises ValueError naming the form that it should have."""
        parts = urlsplit(url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        username, _, password = credentials.partition(":")
        service, _, database = parts.path.strip("/").partition("/")
        if not hosts or not service or not (database or "0").isdigit():
            raise ValueError(f"Sentinels are named as {FORM}")
        return cls(
            tuple(_address(host) for host in hosts.split(",")),
            unquote(service),
            int(database or 0),
            parts.scheme == "rediss+sentinel",
            unquote(username) or None,
            unquote(password) or None,
            _own_credentials(parts.query),
        )

    def master(self) -> tuple[str, int]:
        """Return the address of the master, by the first Sentinel that knows one.

        Raises redis.RedisError when none does; each of them is waited for a second at most."""
        for host, port in self.addresses:
            with contextlib.suppress(RedisError), self._sentinel(host, port) as sentinel:
                question = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
                address: Any = sentinel.execute_command(*question)  # typed for every command
                if address:
                    return address[0], int(address[1])
        raise MasterNotFoundError(f"no Sentinel knows a master of {self.service!r}")

    def _sentinel(self, host: str, port: int) -> Redis:
        return Redis(
            host,
            port,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            **self.own_credentials,  # type: ignore[arg-type] # username and password are strings
        )


class Master:
    """What the links of a pool (redis.sentinel) ask for the address to connect to.

    Once there is another master no link is used that leads to the former: one that is demoted on
    purpose goes on taking writes for eight seconds, and would be a second truth."""

    is_master = True
    check_connection = False

    def __init__(self, sentinels: Sentinels) -> None:
        self.service_name = sentinels.service
        self._sentinels = sentinels
        self._address: tuple[str, int] | None = None
        self._pool: weakref.ref[ConnectionPool] | None = None

    def serves(self, pool: ConnectionPool) -> None:
        """The pool's links ask here."""
        self._pool = weakref.ref(pool)

    def get_master_address(self) -> tuple[str, int]:
        """Return where the master is now; while no Sentinel answers, where it was last.

        Raises redis.RedisError when that is not known either."""
        try:
            address = self._sentinels.master()
        except MasterNotFoundError:
            if self._address is None:
                raise
            return self._address
        former, self._address = self._address, address
        if former is None:
            threading.Thread(target=self._watch, name="sentinels", daemon=True).start()
        elif former != address:
            self._leave_former()
        return address

    def _leave_former(self) -> None:
        """Idle links end now, those in use as soon as their answer is there."""
        pool = self._pool() if self._pool is not None else None
        if pool is None:
            return
        for link in list(pool._connections):  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to them
            link.mark_for_reconnect()
        pool.disconnect(inuse_connections=False)

    def _watch(self) -> None:
        """Ask every second, as long as there is somebody to ask for."""
        pause = threading.Event()
        while self._pool is not None and self._pool() is not None:
            with contextlib.suppress(RedisError):
                self.get_master_address()
            pause.wait(LOOK_EVERY_S)


def _address(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError(f"{host!r} is no address of a Sentinel: they are named as {FORM}")
    return parts.hostname, parts.port or PORT


def _own_credentials(query: str) -> dict[str, str]:
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    names = ("username", "password")
    return {name: asked[f"sentinel_{name}"] for name in names if f"sentinel_{name}" in asked}
