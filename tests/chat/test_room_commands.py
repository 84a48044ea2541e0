"""`export` and `import` of the operator, beside the same database as the app."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from chat.cli import main
from tests.chat.browser import Browser
from tests.chat.live_parts import inbox_of_a_worker
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Runs = Callable[..., Result]


@pytest.fixture
def runs(redis_server: RedisProcess, database_url: str) -> Runs:
    """A function that runs one command with the settings of this test's app."""
    environ = {"ROLLCALL_REDIS_URL": redis_server.url, "ROLLCALL_DATABASE_URL": database_url}
    return lambda *arguments: CliRunner(env=environ).invoke(main, list(map(str, arguments)))


@pytest.fixture
def ann(app: Flask) -> Browser:
    """Ann, whose room Lobby holds two messages."""
    ann = Browser(app)
    ann.signs_up("ann")
    room = ann.post("/api/v1/rooms", {"name": "Lobby", "visibility": "private"}).json["room"]  # type: ignore[index]  # it is there
    for n in range(2):
        path = f"/api/v1/rooms/{room['id']}/messages"
        assert ann.post(path, {"client_id": str(n), "body": f"message {n}"}).status_code == 201
    return ann


def test_room_is_exported_and_imported(
    ann: Browser, runs: Runs, tmp_path: Path, redis_server: RedisProcess
) -> None:
    """The copy is in the owner's list, the workers are told, and a second import says so."""
    file, page = tmp_path / "lobby.jsonl", tmp_path / "lobby.html"
    assert "2 messages" in runs("export", "lobby", file).output
    assert runs("export", "LOBBY", page).exit_code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert list(tmp_path.glob("*.part")) == []

    inbox = inbox_of_a_worker(redis_server)
    done = runs("import", file, "--name", "Copy", "--owner", "ann")

    assert done.exit_code == 0, done.output
    assert "Copy: 2 messages; 0 accounts made." in done.output
    rooms = {one["name"]: one for one in ann.get("/api/v1/rooms").json["rooms"]}  # type: ignore[index]  # it is there
    assert (rooms["Copy"]["last_seq"], rooms["Copy"]["unread"]) == (2, 0)
    with redis_server.client() as redis:
        assert rooms["Copy"]["id"] in repr(redis.xrange(inbox))
    again = runs("import", file, "--name", "Copy")
    assert "imported before" in again.output
    log = ann.get(f"/api/v1/rooms/{rooms['Copy']['id']}/audit").json["entries"]  # type: ignore[index]  # it is there
    assert [(one["act"], one["facts"]) for one in log] == [
        ("import", {"name": "Lobby", "messages": 2})
    ]


def test_room_goes_to_a_pipe(ann: Browser, runs: Runs) -> None:
    """`-` is standard output, on which there is nothing but the file."""
    lines = runs("export", "Lobby", "-").stdout.splitlines()

    assert [json.loads(line)["type"] for line in lines] == [
        *("room", "person", "message", "message", "end"),
    ]


def test_refusals_are_one_line_and_leave_nothing(ann: Browser, runs: Runs, tmp_path: Path) -> None:
    """No such room, a name that is taken, a file that was cut off."""
    file = tmp_path / "lobby.jsonl"
    runs("export", "Lobby", file)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))

    for arguments, sentence in (
        (("export", "Nowhere", tmp_path / "new"), "no room of that name"),
        (("import", file), "Another room has that name"),
        (("import", cut, "--name", "Copy"), "was cut off"),
        (("import", file, "--name", "Copy", "--owner", "bob"), "no account of the name bob"),
    ):
        result = runs(*arguments)
        assert result.exit_code == 1
        assert sentence in result.output
    assert not (tmp_path / "new").exists()
    assert len(ann.get("/api/v1/rooms").json["rooms"]) == 1  # type: ignore[index]  # it is there
