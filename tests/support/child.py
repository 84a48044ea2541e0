"""Child processes that cannot outlive the test run, and ports that a client cannot hit by luck."""

import ctypes
import random
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Below Linux' ephemeral range (32768 and up): a client that retries a dead port can never be
# given that very port as its own end, so a restarted server always gets its port back.
FIRST_PORT, LAST_PORT = 12_000, 31_999
STOP_DEADLINE_S = 10.0


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    for _ in range(200):
        port = random.randint(FIRST_PORT, LAST_PORT)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port among 200 tried")


def start_child(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start command with its output appended to log; it gets death_signal when the tests die."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            preexec_fn=_dies_with_parent(death_signal),  # noqa: PLW1509 - the tests fork no threads' locks here
        )


def stop_child(child: subprocess.Popen[bytes], signal_: signal.Signals = signal.SIGTERM) -> int:
    """Signal the child, and return its exit code; it is killed when it does not end in time."""
    if child.poll() is None:
        child.send_signal(signal_)
    try:
        return child.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _dies_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None)  # loaded before the fork: no allocation of locks in the child

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)

    return arrange
