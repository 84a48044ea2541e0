"""Settings: options win over variables, each wrong value is named, docs list every one."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chat.config import Config, ConfigError, unknown_variables, variable_of

ROOT = Path(__file__).resolve().parents[2]


def test_from_environ_with_nothing_gives_the_published_defaults(tmp_path: Path) -> None:
    """Without a variable the timings are those of the promises."""
    config = Config.from_environ({"ROLLCALL_DATA": str(tmp_path)})
    assert (config.ping_ms, config.ping_timeout_ms, config.renew_ms) == (10_000, 8_000, 8_000)
    assert (config.lease_ms, config.worker_lease_ms, config.grace_ms) == (30_000, 10_000, 5_000)
    assert config.database_url == f"sqlite:///{tmp_path}/rollcall.db"


def test_every_default_is_what_its_check_lets_pass() -> None:
    """A text that is the default is not checked again at each start."""
    for one in fields(Config):
        check, default = one.metadata["check"], one.default
        for text in default if isinstance(default, tuple) else (str(default),):
            if check is not None and text:
                check(text)


def test_from_environ_option_wins_over_its_variable() -> None:
    """The command line is nearer to the person than the environment."""
    assert Config.from_environ({"ROLLCALL_PORT": "1"}, {"port": "2"}).port == 2


def test_from_environ_empty_variable_counts_as_unset() -> None:
    """Compose files pass unset variables as empty ones."""
    assert Config.from_environ({"ROLLCALL_PORT": ""}).port == 5000


def test_to_environ_read_again_gives_the_same_settings() -> None:
    """What the supervisor resolved is exactly what a worker reads."""
    given = {
        "ROLLCALL_DATA": "a folder",
        "ROLLCALL_ORIGINS": "https://a.example, http://b.example:8080",
        "ROLLCALL_TRANSPORTS": "websocket,polling",
        "ROLLCALL_SECRET_KEY": "s,=% é",
    }
    config = Config.from_environ(given)
    assert Config.from_environ(config.to_environ()) == config


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("ROLLCALL_PORT", "http", "(--port): 'http' is not a whole number"),
        ("ROLLCALL_PORT", "65536", "the most is 65535"),
        ("ROLLCALL_WORKERS", "0", "the least is 1"),
        ("ROLLCALL_GRACE_MS", "-1", "the least is 0"),
        ("ROLLCALL_TRANSPORTS", "websocket,smoke", "'smoke' is not one of websocket, polling"),
        ("ROLLCALL_ORIGINS", "chat.example.org", "is not an origin"),
        ("ROLLCALL_PUBLIC_URL", "https://chat.example.org/sub", "is not an origin"),
        ("ROLLCALL_REDIS_URL", "localhost:6379", "begins with redis://"),
        ("ROLLCALL_DATABASE_URL", "mysql://x", "begins with postgresql://"),
        ("ROLLCALL_METRICS_FROM", "10.0.0.0/33", "10.0.0.0/33"),
        ("ROLLCALL_SIGN_UP", "maybe", "'maybe' is not one of open, closed"),
        ("ROLLCALL_SESSION_IDLE_S", "99999999", "ROLLCALL_SESSION_MAX_S"),
        ("ROLLCALL_SESSION_IDLE_S", "15", "ROLLCALL_HEADS_MS"),
        ("ROLLCALL_MAX_ADDRESS_CONNECTIONS", "0", "too small"),
    ],
)
def test_from_environ_wrong_value_is_named_with_its_reason(
    variable: str, value: str, reason: str
) -> None:
    """One line says which variable and what is wrong with it."""
    with pytest.raises(ConfigError) as raised:
        Config.from_environ({variable: value})
    text = str(raised.value)
    assert text.startswith(variable)
    assert reason in text
    assert "\n" not in text


def test_unknown_variables_names_the_nearest_real_one() -> None:
    """A misspelt setting is told with what was probably meant; others' variables are left alone."""
    unknown = unknown_variables({"ROLLCALL_PINGMS": "1", "HOME": "x", "ROLLCALL_PORT": "1"})
    assert unknown == {"ROLLCALL_PINGMS": "ROLLCALL_PING_MS"}


def test_self_hosting_page_lists_every_setting_with_its_default() -> None:
    """docs/self-hosting.md and Config name the same variables with the same defaults."""
    page = (ROOT / "docs" / "self-hosting.md").read_text()
    rows = dict(re.findall(r"^\| `(ROLLCALL_\w+)` \| (.*?) \|", page, re.MULTILINE))
    wanted = {variable_of(one): _shown(one.default) for one in fields(Config)}
    assert rows == wanted


def _shown(default: object) -> str:
    text = ",".join(default) if isinstance(default, tuple) else str(default)
    return f"`{text}`" if text else "(empty)"
