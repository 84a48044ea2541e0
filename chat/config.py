"""Every setting of Rollcall: its name, default, meaning and range.

Rule of this file: it is the only reader of the environment, and reading it does no other I/O.
A new setting is one line in `Config` and one row in docs/self-hosting.md (a test compares them).
Relations between the presence timings are not checked here: presence.timings owns them.
"""

import dataclasses
import difflib
import ipaddress
import typing
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

PREFIX = "ROLLCALL_"
T = TypeVar("T")
C = TypeVar("C", bound="Config")


class ConfigError(Exception):
    """A setting that cannot be used; its text is one line that names the variable."""


def setting(
    default: T,
    says: str,
    *,
    least: int | None = None,
    most: int | None = None,
    choices: tuple[str, ...] = (),
    option: str = "",
    variable: str = "",
    check: Callable[[str], None] | None = None,
) -> T:
    """Declare one setting; least and most bound a number, check raises ValueError with the reason.

    option is the command line's word for it; variable replaces the field's name in ROLLCALL_<NAME>.
    """
    facts = {
        "says": says,
        "least": least,
        "most": most,
        "choices": choices,
        "option": option,
        "variable": variable,
        "check": check,
    }
    return dataclasses.field(default=default, metadata=facts)


def _is_origin(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError(f"{value!r} is not an origin such as https://chat.example.org")


def _is_network(value: str) -> None:
    ipaddress.ip_network(value)


def _is_redis_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme in {"redis+sentinel", "rediss+sentinel"}:
        if not parts.netloc or not parts.path.strip("/"):
            raise ValueError(
                "Sentinels are named as redis+sentinel://host:port,host:port/service/db"
            )
    elif parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(
            "a Redis URL begins with redis://, rediss://, unix:// or redis+sentinel://"
        )


def _is_limit(value: str) -> None:
    import limits  # noqa: PLC0415 - it loads asyncio, and the supervisor counts nothing

    try:
        limits.parse(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a limit such as 10 per minute") from None


def _is_database_url(value: str) -> None:
    scheme = urlsplit(value).scheme.partition("+")[0]
    if scheme not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("a database URL begins with postgresql:// or sqlite:///")


@dataclass(frozen=True)
class Config:
    """The settings of one Rollcall, checked one by one; `_ms` is milliseconds, `_s` seconds.

    redis_url is empty until the supervisor has started its own Redis; workers always get one.
    secret_key is empty until the supervisor has read or made the one in the data folder.
    """

    host: str = setting("127.0.0.1", "address to listen on", option="--host")
    port: int = setting(
        5000, "port to listen on; 0 takes a free one", least=0, most=65535, option="--port"
    )
    workers: int = setting(1, "worker processes", least=1, most=256, option="--workers")
    data_dir: Path = setting(
        Path("data"),
        "folder for everything Rollcall keeps itself",
        option="--data",
        variable="DATA",
    )
    redis_url: str = setting(
        "", "Redis to use; empty: Rollcall runs its own", option="--redis-url", check=_is_redis_url
    )
    database_url: str = setting(
        "",
        "database to use; empty: SQLite in the data folder",
        option="--database-url",
        check=_is_database_url,
    )
    ping_ms: int = setting(10_000, "time between heartbeats of a connection", least=100)
    ping_timeout_ms: int = setting(8_000, "silence after a heartbeat that ends it", least=100)
    renew_ms: int = setting(8_000, "time between renewals of leases", least=50)
    lease_ms: int = setting(30_000, "life of a lease that is not renewed", least=100)
    worker_lease_ms: int = setting(10_000, "life of a worker that is not heard of", least=100)
    grace_ms: int = setting(5_000, "online after a closed tab, so that a reload shows nothing")
    sweep_ms: int = setting(500, "time between searches for leases that ran out", least=10)
    hidden_away_ms: int = setting(30_000, "away after all tabs were hidden this long")
    presence_shards: int = setting(
        1, "parts over which presence spreads users, the same for all workers", least=1, most=64
    )
    heads_ms: int = setting(8_000, "time between room:heads events", least=100, most=15_000)
    transports: tuple[str, ...] = setting(
        ("websocket",),
        "ways a browser may connect; polling needs a sticky balancer",
        choices=("websocket", "polling"),
    )
    origins: tuple[str, ...] = setting(
        (), "origins allowed besides the own host, by commas", check=_is_origin
    )
    public_url: str = setting(
        "", "address people type; https makes cookies Secure", check=_is_origin
    )
    trusted_proxies: int = setting(
        0, "proxies in front whose X-Forwarded-* headers are believed", least=0, most=10
    )
    secret_key: str = setting("", "signs sessions; empty: made once and kept in the data folder")
    session_idle_s: int = setting(1800, "a session unused this long is signed out", least=1)
    session_max_s: int = setting(30 * 86400, "a session older than this is signed out", least=1)
    sign_up: str = setting("open", "whether anybody may sign up", choices=("open", "closed"))
    sign_in_limit: str = setting("10 per minute", "failed sign-ins to one account", check=_is_limit)
    sign_in_address_limit: str = setting(
        "300 per minute", "failed sign-ins from one address", check=_is_limit
    )
    sign_up_limit: str = setting("3000 per hour", "sign-ups from one address", check=_is_limit)
    edit_window_s: int = setting(
        0, "how long after posting a message its text may be changed; 0: always", least=0
    )
    retention_days: int = setting(
        0,
        "days that a room keeps its messages at most, whatever its own rule; 0: for ever",
        least=0,
        most=3650,
    )
    event_rate: int = setting(100, "events a second from one connection, in the long run", least=1)
    event_burst: int = setting(400, "events at once from one connection", least=1)
    max_connections: int = setting(20_000, "connections a worker holds; beyond: 503", least=1)
    max_user_connections: int = setting(40, "connections of one user on a worker", least=1)
    max_address_connections: int = setting(
        1_000, "sockets of one address (IPv6: of one /64) on a worker", least=1
    )
    max_packet_bytes: int = setting(65_536, "largest packet a browser may send", least=1024)
    blocking_threads: int = setting(2, "threads for work that would stall the loop", least=1)
    drain_ms: int = setting(10_000, "time a worker has to end in good order", least=0)
    hang_ms: int = setting(60_000, "a worker not heard of for so long is ended; 0: never")
    probe_ms: int = setting(
        30_000, "time between rounds of the self-audit of presence; 0: none", least=0
    )
    metrics_from: tuple[str, ...] = setting(
        ("127.0.0.1/32", "::1/128"), "networks that may read /metrics", check=_is_network
    )
    log_level: str = setting(
        "info", "least severe message that is logged", choices=("debug", "info", "warning", "error")
    )
    log_format: str = setting("console", "form of the log", choices=("console", "json"))

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str], options: Mapping[str, str] | None = None
    ) -> Self:
        """Build the settings; an option (by field name, unparsed) wins over its variable.

        An empty variable counts as unset. Raises ConfigError for the first value that is wrong.
        """
        given = {**_variables(environ), **(options or {})}
        types = typing.get_type_hints(cls)
        values = {
            one.name: _parse(one, types[one.name], given[one.name])
            for one in fields(cls)
            if one.name in given
        }
        return _resolved(cls(**values))

    def to_environ(self) -> dict[str, str]:
        """Return the variables from which from_environ builds these same settings."""
        return {variable_of(one): _written(getattr(self, one.name)) for one in fields(self)}


def variable_of(one: Field[Any]) -> str:
    """Return the environment variable of a field of Config."""
    return PREFIX + (one.metadata["variable"] or one.name.upper())


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return variables that look like ours and are not, each with the nearest real name or ''."""
    known = [variable_of(one) for one in fields(Config)]
    strange = [name for name in environ if name.startswith(PREFIX) and name not in known]
    return {name: next(iter(difflib.get_close_matches(name, known, 1)), "") for name in strange}


def _resolved(config: C) -> C:
    folder = config.data_dir.expanduser().absolute()
    url = config.database_url or f"sqlite:///{folder / 'rollcall.db'}"
    if url.startswith("postgres://"):
        url = url.replace("postgres://", "postgresql://", 1)
    if config.session_idle_s > config.session_max_s:
        raise ConfigError("ROLLCALL_SESSION_IDLE_S is longer than ROLLCALL_SESSION_MAX_S")
    if config.session_idle_s * 1000 < 2 * config.heads_ms:
        raise ConfigError(
            f"ROLLCALL_SESSION_IDLE_S={config.session_idle_s} is shorter than two beats: a socket "
            f"keeps its session alive once in ROLLCALL_HEADS_MS={config.heads_ms}"
        )
    return dataclasses.replace(config, data_dir=folder, database_url=url)


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    names = {variable_of(one): one.name for one in fields(Config)}
    return {name: environ[var] for var, name in names.items() if environ.get(var, "") != ""}


def _parse(one: Field[Any], kind: object, text: str) -> Any:  # any field's type
    try:
        if kind is int:
            return _number(text, one.metadata["least"], one.metadata["most"])
        if kind is Path:
            return Path(text)
        if kind is str:
            return _checked(text.strip(), one)
        parts = [part.strip() for part in text.split(",")]
        return tuple(_checked(part, one) for part in parts if part)
    except ValueError as wrong:
        option = one.metadata["option"]
        name = variable_of(one) + (f" ({option})" if option else "")
        raise ConfigError(f"{name}: {wrong}") from None


def _number(text: str, least: int | None, most: int | None) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None
    if number < (least or 0):
        raise ValueError(f"{number} is too small, the least is {least or 0}")
    if most is not None and number > most:
        raise ValueError(f"{number} is too large, the most is {most}")
    return number


def _checked(text: str, one: Field[Any]) -> str:
    choices, check = one.metadata["choices"], one.metadata["check"]
    if choices and text not in choices:
        raise ValueError(f"{text!r} is not one of {', '.join(choices)}")
    if check is not None and text not in ("", one.default):
        check(text)
    return text


def _written(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
