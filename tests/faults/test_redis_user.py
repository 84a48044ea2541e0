"""A Redis user with few rights: Rollcall needs no more than docs/self-hosting.md gives it."""

import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.claims import assert_transition
from tests.support.people import Person
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "self-hosting.md"
PASSWORD = "few-rights"
SignsUp = Callable[[Server, str], Person]


def documented_rules() -> list[str]:
    """The rules of the ACL SETUSER line on the page, with a password for the one to fill in."""
    line = re.search(r"^ACL SETUSER rollcall (.+)$", PAGE.read_text(), re.MULTILINE)
    assert line is not None
    return line[1].replace(">PASSWORD", f">{PASSWORD}").split()


@pytest.fixture
def as_user(private_redis: RedisProcess) -> str:
    """The URL of a Redis without keyspace events, for the user that the page makes."""
    with private_redis.client() as client:
        client.config_set("notify-keyspace-events", "")
        client.execute_command("ACL", "SETUSER", "rollcall", "reset", *documented_rules())
    return f"redis://rollcall:{PASSWORD}@127.0.0.1:{private_redis.port}/0"


@pytest.fixture
def user(as_user: str) -> Iterator[redis.Redis]:
    """A client of that user."""
    with redis.Redis.from_url(as_user) as client:
        yield client


def test_rollcall_runs_with_the_documented_rights(
    as_user: str,
    private_redis: RedisProcess,
    starts_server: Callable[..., Server],
    signs_up: SignsUp,
) -> None:
    """Sign-up, rooms, messages, statuses and leaving work; the events that may not be switched on
    are replaced by the sweep, and the metric says so. Nothing else is refused."""
    server = starts_server(redis_url=as_user)
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    tab, viewer = ann.opens_tab(), bob.opens_tab()
    tab.posts(room, "hello")
    tab.ask("presence:set", {"status": "busy", "text": "few rights"})
    viewer.sees(ann.id, "busy", within_s=5)
    viewer.holds(room, 1, within_s=5)

    tab.closes()

    assert_transition(viewer, ann, "busy", "offline", within_s=10)
    assert ann.api.get("/readyz").status == 200
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as page:
        assert b"\nrollcall_presence_hears_events 0.0\n" in page.read()
    assert refused_to(private_redis) <= {"config", "config|get", "client", "client|setinfo"}


@pytest.mark.parametrize(
    "command",
    [
        ("CONFIG", "SET", "maxmemory", "1"),
        ("CONFIG", "GET", "requirepass"),
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("GET", "somebody:else"),
        ("SET", "p:v2:epoch", "ours"),
        ("EVAL", "return redis.call('GET', 'somebody:else')", "0"),
        ("PUBLISH", "any", "word"),
        ("SUBSCRIBE", "any"),
        ("SHUTDOWN", "NOSAVE"),
        ("SCRIPT", "FLUSH"),
        ("ACL", "LIST"),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("REPLICAOF", "NO", "ONE"),
    ],
    ids=" ".join,
)
def test_user_may_do_nothing_else(user: redis.Redis, command: tuple[str, ...]) -> None:
    """What Rollcall does not need is refused: CONFIG, FLUSHALL, the keys of others."""
    with pytest.raises(redis.exceptions.ResponseError) as no:
        user.execute_command(*command)  # type: ignore[no-untyped-call] # redis-py's is untyped
    assert "permission" in str(no.value).lower()


def refused_to(server: RedisProcess) -> set[str]:
    """The commands that users were refused, as the server's ACL log has them."""
    with server.client() as client:
        return {str(entry["object"]).lower() for entry in client.acl_log()}
