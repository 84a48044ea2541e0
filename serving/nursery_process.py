"""The nursery as the supervisor sees it; without one every worker loads the code itself."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping

from serving import child, handoff, linux

FIRST_S = 60.0  # up to its first worker, on a machine that has no time: nobody is served yet
NEXT_S = 2.0  # a fork takes milliseconds


class NurseryProcess:
    """Forks processes once it was started; whoever asks one that is gone gets None."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Describe the process; environ holds the whole configuration of it and of its forks."""
        self._environ = environ
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._patience_s = FIRST_S

    def start(self) -> None:
        """Let it load the code; nothing happens where orphans cannot be adopted."""
        if not linux.adopt_orphans():
            return
        self._link, lower = handoff.pair()
        self._process = subprocess.Popen(  # noqa: S603 - our own argument list, no shell
            child.command("serving.nursery", f"--link={lower.fileno()}"),
            env=self._environ,
            pass_fds=[lower.fileno()],
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for the supervisor
        )
        lower.close()

    def fork(self, order: bytes, descriptor: int) -> "Adopted | None":
        """Return the process of that order (handoff.ask), None when no nursery answers.

        Waits for one that is still loading; a later one that does not answer soon is given up. Who
        got None makes a new link: a worker may yet be born on this one, and ends at its end."""
        if self._link is None:
            return None
        self._link.settimeout(self._patience_s)
        if order == handoff.WORKER:
            self._patience_s = NEXT_S
        try:
            handoff.ask(self._link, order, descriptor)
            told = self._link.recv(32)
        except OSError:
            told = b""
        if not told:
            self.end()
            return None
        return Adopted(int(told))

    def end(self) -> None:
        """It is gone, its workers go on; safe to call twice."""
        if self._link is None or self._process is None:
            return
        self._link.close()
        self._link = None
        self._process.kill()  # it holds nothing
        self._process.wait()


class Adopted:
    """A child that somebody else has forked: as much of Popen as is needed here."""

    def __init__(self, pid: int) -> None:
        """Take over the process, which is a child of this one."""
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code of a process that ended, -N after signal N; None while it runs."""
        if self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code

    def wait(self) -> int:
        """Return the exit code, as poll does, once it has ended."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)
