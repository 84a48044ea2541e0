"""Workers are forked from one process that has loaded the code, share nothing, and outlive it."""

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from chat.db import Database
from chat.migrate import is_at_head
from serving import child, handoff
from serving.migration_process import migrate
from serving.nursery_process import Adopted, NurseryProcess
from tests.chat.before_search import conversation_of_before
from tests.support.server import Server

StartsServer = Callable[..., Server]
WaitUntil = Callable[[Callable[[], object], float, str], object]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")


def test_forked_workers_are_children_of_the_supervisor_and_share_no_epoll(
    starts_server: StartsServer,
) -> None:
    """With one epoll for all, each worker would wake for what happens to the others."""
    server = starts_server(workers=2)
    one, other = server.worker_pids()
    assert {psutil.Process(pid).ppid() for pid in (one, other)} == {server.pid}
    assert _watched(one)
    assert not _watched(one) & _watched(other)


def test_worker_is_replaced_also_after_the_nursery_was_killed(
    starts_server: StartsServer, wait_until: WaitUntil
) -> None:
    """Its workers go on; the next one loads the code itself, and serves."""
    server = starts_server(workers=2)
    workers, metrics = server.worker_pids(), server.folder / "data" / "metrics"
    (nursery,) = _nurseries(server)
    assert not list(metrics.glob(f"*_{nursery.pid}.db"))
    nursery.kill()
    wait_until(lambda: server.worker_pids() == workers, 10, "both workers go on")
    server.worker_dies(workers[0])
    server.worker_returns(workers[0])
    wait_until(lambda: len(_nurseries(server)) == 0, 10, "the nursery was buried")
    (fresh,) = set(server.worker_pids()) - set(workers)
    assert "serving.worker" in psutil.Process(fresh).cmdline()


def test_nursery_that_cannot_load_the_code_is_done_without(tmp_path: Path) -> None:
    """Whoever asks it is told that there is none, and its process is not left behind."""
    nursery = NurseryProcess({"PATH": os.environ["PATH"]})  # without the folder of the metrics
    nursery.start()
    upper, lower = handoff.pair()
    with upper, lower:
        assert nursery.fork(handoff.WORKER, lower.fileno()) is None
        assert nursery.fork(handoff.WORKER, lower.fileno()) is None
    nursery.end()


@pytest.mark.parametrize("has_nursery", [True, False])
def test_migration_is_forked_or_loads_the_code_itself(tmp_path: Path, has_nursery: bool) -> None:
    """Either way the schema is the newest, and a database that cannot be used is told in a line."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(child.ROOT),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }
    database = tmp_path / "rollcall.db"
    for url, code in ((f"sqlite:///{database}", 0), (f"sqlite:///{tmp_path}/none/rollcall.db", 2)):
        nursery = NurseryProcess({**environ, "ROLLCALL_DATABASE_URL": url})
        if has_nursery:
            nursery.start()
        ended, said = migrate(nursery, {**environ, "ROLLCALL_DATABASE_URL": url})
        nursery.end()
        assert ended == code, said
        assert len(said.splitlines()) == (1 if code else 0)
    with contextlib.closing(Database(f"sqlite:///{database}")) as migrated:
        assert is_at_head(migrated)
    assert not list(tmp_path.glob("*_*.db"))


@pytest.mark.parametrize("has_nursery", [True, False])
def test_log_of_a_migration_is_the_supervisors(
    tmp_path: Path, has_nursery: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a long one says of itself is not kept until its end: it goes to standard error."""
    url = f"sqlite:///{tmp_path / 'rollcall.db'}"
    conversation_of_before(url, 3)
    environ = {
        **os.environ,
        "PYTHONPATH": str(child.ROOT),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "ROLLCALL_DATABASE_URL": url,
    }
    nursery = NurseryProcess(environ)
    if has_nursery:
        nursery.start()
    assert migrate(nursery, environ) == (0, "")
    nursery.end()
    assert "done=3 total=3" in capfd.readouterr().err


def test_adopted_child_tells_how_it_ended() -> None:
    """A signal or an exit code, as subprocess would; afterwards no signal goes anywhere."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(1)
    adopted = Adopted(pid)
    assert adopted.poll() is None
    adopted.terminate()
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert adopted.poll() == -signal.SIGTERM
    adopted.kill()


def _nurseries(server: Server) -> list[psutil.Process]:
    workers = server.worker_pids()
    return [
        one
        for one in psutil.Process(server.pid).children()
        if one.pid not in workers and "serving.nursery" in one.cmdline()
    ]


def _watched(pid: int) -> set[str]:
    """Return the inodes of everything that the process' epolls wait for."""
    infos = Path(f"/proc/{pid}/fdinfo").iterdir()
    return {inode for info in infos for inode in re.findall(r"tfd:.* ino:(\w+)", info.read_text())}
