"""The processes: even spread, deaths that are answered, an end that leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from serving.acceptor import STUCK_S
from serving.supervisor import STOOD_STILL_S
from tests.support.raw import RawSocket
from tests.support.server import QUICK, ROOT, Server

StartsServer = Callable[..., Server]
WaitUntil = Callable[[Callable[[], object], float, str], object]


@pytest.fixture
def fills(wait_until: WaitUntil) -> Iterator[Callable[[Server, int], list[socket.socket]]]:
    """A function that takes all seats by kept-alive HTTP connections which were answered."""
    with contextlib.ExitStack() as stack:

        def all_of(server: Server, seats: int) -> list[socket.socket]:
            ends: list[socket.socket] = []

            def take_one() -> bool:
                end = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
                end.sendall(f"GET /healthz HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
                if end.recv(4096).startswith(b"HTTP/1.1 200"):
                    ends.append(end)
                return len(ends) == seats

            # More than one try each: a connection closed just before may still be counted.
            wait_until(take_one, 10, f"{seats} seats are taken")
            return ends

        yield all_of


@pytest.fixture
def opens_websockets() -> Iterator[Callable[[Server], RawSocket]]:
    """A function that opens one WebSocket, closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def one(server: Server) -> RawSocket:
            opened = RawSocket(server.host, "", connect=False)
            stack.callback(opened.closes)
            return opened

        yield one


@pytest.mark.parametrize("workers", [2, 3])
def test_websockets_spread_evenly_also_with_requests_between(
    workers: int, starts_server: StartsServer, opens_websockets: Callable[[Server], RawSocket]
) -> None:
    """Each browser makes plain requests and one WebSocket: no worker holds over 20 % too many."""
    server = starts_server(workers=workers, settings={})  # these sockets answer no ping
    for _ in range(10 * workers):
        _status(server)
        opens_websockets(server)
    held = _connections(server)
    assert sum(held.values()) == 10 * workers
    assert all(8 <= held[pid] <= 12 for pid in server.worker_pids()), held


def test_killed_worker_is_replaced_and_serving_goes_on(starts_server: StartsServer) -> None:
    """SIGKILL of one of two workers: the other answers, a new one comes, a line tells of it."""
    server = starts_server(workers=2)
    dead = server.worker_pids()[0]
    server.worker_dies(dead)
    answers = [_status(server, retries=1) for _ in range(20)]
    assert answers == [200] * 20
    server.worker_returns(dead)
    assert "ended (signal 9)" in server.log()


def test_frozen_worker_gets_no_more_than_its_share(starts_server: StartsServer) -> None:
    """A worker that takes nothing looks full: the other one serves."""
    server = starts_server(workers=2)
    frozen = server.worker_pids()[0]
    server.freezes(frozen)
    try:
        answers = Counter(_status(server, timeout_s=1) for _ in range(12))
    finally:
        server.thaws(frozen)
    assert answers[200] >= 10


def test_hung_worker_is_ended_and_replaced(
    starts_server: StartsServer, wait_until: WaitUntil
) -> None:
    """One that was stopped (SIGSTOP) for longer than ROLLCALL_HANG_MS, and nobody else.

    The SIGABRT that it gets first writes the stack of a loop that hangs into the log."""
    server = starts_server(workers=2, settings={**QUICK, "ROLLCALL_HANG_MS": "3000"})
    hung, well = server.worker_pids()
    server.freezes(hung)
    server.worker_returns(hung)
    assert well in server.worker_pids()
    wait_until(lambda: server.log().count("Started worker") == 3, 10, "its place is filled")
    assert "hangs: silent for 3 s" in server.log()
    assert "ended (signal 9)" in server.log()  # one that is stopped does not get to SIGABRT
    assert _status(server) == 200
    os.kill(well, signal.SIGABRT)
    wait_until(lambda: "most recent call first" in server.log(), 10, "the stack is written")


def test_worker_that_goes_on_in_time_is_left_alone(
    starts_server: StartsServer,
    opens_websockets: Callable[[Server], RawSocket],
    wait_until: WaitUntil,
) -> None:
    """A pause shorter than the limit ends nothing; while it lasts the other one serves alone."""
    server = starts_server(workers=2, settings={**QUICK, "ROLLCALL_HANG_MS": "20000"})
    workers = server.worker_pids()
    server.freezes(workers[0])
    try:
        stuck_s = time.monotonic() + STUCK_S + 1
        wait_until(lambda: time.monotonic() > stuck_s, 10, "it is known to be stuck")
        assert [_status(server, timeout_s=2) for _ in range(8)] == [200] * 8
    finally:
        server.thaws(workers[0])

    def takes_one() -> int:
        opens_websockets(server)
        return _connections(server)[workers[0]]

    wait_until(takes_one, 10, "it takes connections again")
    assert server.worker_pids() == workers
    assert "hangs" not in server.log()


def test_supervisor_that_stood_still_ends_nobody(
    starts_server: StartsServer, wait_until: WaitUntil
) -> None:
    """A machine that slept wakes up with all its workers: they were not silent, time was."""
    server = starts_server(workers=2, settings={**QUICK, "ROLLCALL_HANG_MS": "3000"})
    workers = server.worker_pids()
    everybody = [server.pid, *workers]
    for pid in everybody:
        server.freezes(pid)
    asleep_s = time.monotonic() + STOOD_STILL_S + 0.5
    wait_until(lambda: time.monotonic() > asleep_s, 10, "the machine sleeps")
    for pid in everybody:
        server.thaws(pid)
    awake_s = time.monotonic() + 2
    wait_until(lambda: time.monotonic() > awake_s and _status(server) == 200, 10, "it serves")
    assert server.worker_pids() == workers


def test_killed_supervisor_leaves_no_process(
    starts_server: StartsServer, wait_until: WaitUntil
) -> None:
    """Workers see the end of file of their link, Redis gets the kernel's signal."""
    server = starts_server(workers=2)
    family = [child.pid for child in psutil.Process(server.pid).children()]
    assert {*server.worker_pids(), server.redis_pid()} < set(family)
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(psutil.pid_exists, family)), 15, "workers and Redis ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stop_signal_ends_everything_in_order(
    number: signal.Signals,
    starts_server: StartsServer,
    opens_websockets: Callable[[Server], RawSocket],
    wait_until: WaitUntil,
) -> None:
    """Exit code 0, no process left, no traceback (the fixture looks), with WebSockets open."""
    server = starts_server(workers=2)
    for _ in range(6):
        opens_websockets(server)
    supervisor = psutil.Process(server.pid)
    family = supervisor.children(recursive=True)
    supervisor.send_signal(number)
    wait_until(lambda: not server.is_running(), 10, "the supervisor ended")
    assert server.drains() == 0
    assert not any(one.is_running() for one in family)
    assert server.log().rstrip().endswith("Stopped")


def test_second_signal_ends_at_once(starts_server: StartsServer, wait_until: WaitUntil) -> None:
    """Who presses Ctrl-C twice does not wait for a worker that hangs."""
    server = starts_server(workers=2)
    family = psutil.Process(server.pid).children(recursive=True)
    server.freezes(server.worker_pids()[0])
    os.kill(server.pid, signal.SIGINT)
    wait_until(lambda: "Stopping" in server.log(), 5, "the drain begins")
    os.kill(server.pid, signal.SIGINT)
    wait_until(lambda: not server.is_running(), 5, "the supervisor ended")
    assert server.drains() == 128 + signal.SIGINT
    wait_until(lambda: not any(one.is_running() for one in family), 5, "everything ended")


def test_same_port_serves_again_right_after_a_stop(starts_server: StartsServer) -> None:
    """Connections of the former life do not hold the address."""
    server = starts_server(workers=1)
    _status(server)
    assert server.drains() == 0
    server.start()
    assert _status(server) == 200


def test_second_rollcall_on_the_same_folder_is_refused(starts_server: StartsServer) -> None:
    """The one line names the process that uses the folder."""
    server = starts_server(workers=1)
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", "--port", "0", "--data", server.folder / "data"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert f"in use by another Rollcall (process {server.pid})" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert _status(server) == 200


def test_full_server_answers_503_and_serves_again_after_a_close(
    starts_server: StartsServer,
    fills: Callable[[Server, int], list[socket.socket]],
    wait_until: WaitUntil,
) -> None:
    """Beyond the limit a connection is told so in the one error shape, never left hanging."""
    limit = {**QUICK, "ROLLCALL_MAX_CONNECTIONS": "3"}
    server = starts_server(workers=2, settings=limit)
    ends = fills(server, 6)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/healthz", timeout=5)
    with refused.value as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        error = json.load(answer)["error"]
    assert (error["code"], error["temporary"]) == ("too_many_connections", True)
    ends[0].close()
    wait_until(lambda: _status(server) == 200, 5, "the free seat is used")


def test_full_server_refuses_many_at_once_quickly(
    starts_server: StartsServer, fills: Callable[[Server, int], list[socket.socket]]
) -> None:
    """Clients that send nothing and never close are let go too."""
    server = starts_server(workers=1, settings={**QUICK, "ROLLCALL_MAX_CONNECTIONS": "1"})
    fills(server, 1)
    with contextlib.ExitStack() as stack:
        ends = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5))
            for _ in range(300)
        ]
        for end in ends:
            assert end.recv(4096).startswith(b"HTTP/1.1 503")


def test_killed_redis_is_started_again_while_the_chat_lives_on(
    starts_server: StartsServer, wait_until: WaitUntil
) -> None:
    """The workers stay the same processes, and /readyz says when all is well again."""
    server = starts_server(workers=2)
    workers, dead = server.worker_pids(), server.redis_pid()
    os.kill(dead, signal.SIGKILL)
    assert _status(server) == 200
    wait_until(lambda: "Started Redis" in server.log().split("Redis ended")[-1], 5, "a new Redis")
    wait_until(lambda: _status(server, "/readyz") == 200, 5, "ready again")
    assert server.worker_pids() == workers
    assert server.redis_pid() != dead


def test_slow_headers_end_in_a_close(starts_server: StartsServer, wait_until: WaitUntil) -> None:
    """Who drips a header byte by byte holds a seat for ten seconds, not for ever."""
    server = starts_server(workers=1)
    with socket.create_connection(("127.0.0.1", server.port), 0.1) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        wait_until(lambda: _is_closed_after_dripping(slow), 15, "the connection is closed")
    assert _status(server) == 200


def test_workers_that_cannot_start_end_the_command(tmp_path: Path) -> None:
    """Instead of restarting for ever, the command says so and ends with 1."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if {'serving.worker', 'serving.nursery'} & set(sys.orig_argv): sys.exit('no code today')\n"
    )
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", "--port", "0", "--data", tmp_path / "data"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "The workers do not start" in done.stdout


def _status(
    server: Server, path: str = "/healthz", *, timeout_s: float = 5, retries: int = 0
) -> int:
    """Return the status of a GET, 0 when there was no answer at all."""
    try:
        with urllib.request.urlopen(server.url + path, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return _status(server, path, timeout_s=timeout_s, retries=retries - 1) if retries else 0


def _connections(server: Server) -> Counter[int]:
    """Return how many connections from clients each worker holds."""
    held: Counter[int] = Counter()
    for pid in server.worker_pids():
        for end in psutil.Process(pid).net_connections("tcp"):
            is_ours = end.laddr.port == server.port and end.status == psutil.CONN_ESTABLISHED
            held[pid] += is_ours
    return held


def _is_closed_after_dripping(slow: socket.socket) -> bool:
    try:
        slow.sendall(b"X")
        return slow.recv(4096) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
