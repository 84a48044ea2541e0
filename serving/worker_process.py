"""One worker as the supervisor sees it: the process, its link, its seats."""

import signal
import socket
import subprocess
from collections.abc import Mapping

from serving import child, handoff
from serving.backoff import Backoff
from serving.nursery_process import Adopted, NurseryProcess

ABORT_S = 2.0  # for writing the stack; a process that is stopped (SIGSTOP) does not get to it


class WorkerProcess:
    """A numbered place for a worker; `start` fills it, again after each death."""

    def __init__(self, number: int, environ: Mapping[str, str], nursery: NurseryProcess) -> None:
        """Describe the worker; environ holds its whole configuration, as the nursery's does."""
        self.number = number
        self.backoff = Backoff()
        self.seats = handoff.Seats()
        self.link: socket.socket | None = None
        self.is_ready = False
        self._heard_s = 0.0
        self._abort_s: float | None = None
        self._environ = environ
        self._nursery = nursery
        self._process: Adopted | subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the process id; raises AttributeError before the first start."""
        assert self._process is not None  # noqa: S101 - callers come after start
        return self._process.pid

    def start(self, now: float) -> None:
        """Run the process with an empty count of seats."""
        self.seats, self.is_ready = handoff.Seats(), False
        self._process = self._forked() or self._loaded()
        self._heard_s, self._abort_s = now, None
        self.backoff.started(now)

    def _forked(self) -> Adopted | None:
        self.link, lower = handoff.pair()
        with lower:
            return self._nursery.fork(handoff.WORKER, lower.fileno())

    def _loaded(self) -> subprocess.Popen[bytes]:
        """Run a process that loads the code itself."""
        if self.link is not None:
            self.link.close()
        self.link, lower = handoff.pair()
        with lower:
            return subprocess.Popen(  # noqa: S603 - our own argument list, no shell
                child.command("serving.worker", f"--link={lower.fileno()}"),
                env=self._environ,
                pass_fds=[lower.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for the supervisor, which then drains in order
            )

    def permit(self) -> None:
        """Let the process begin: Redis and the database are as it needs them."""
        if self.link is not None:
            handoff.permit(self.link)

    def heard(self, now: float) -> None:
        """Its loop turned just now."""
        self._heard_s = now

    def silence_s(self, now: float) -> float:
        """Return for how long a worker that serves was not heard of; 0 for one that does not."""
        return now - self._heard_s if self.is_ready else 0.0

    def end_hung(self, now: float) -> bool:
        """The process gets SIGABRT, which writes where it hangs, and SIGKILL ABORT_S later.

        Call it again until the process has ended; returns whether this was the first call."""
        is_first = self._abort_s is None
        if self._process is not None and is_first:
            self._abort_s = now
            self._process.send_signal(signal.SIGABRT)
        elif self._abort_s is not None and now - self._abort_s > ABORT_S:
            self.kill()
        return is_first

    def exit_code(self) -> int | None:
        """Return the exit code of a process that ended, -N after signal N; None while it runs."""
        return self._process.poll() if self._process else None

    def forget(self) -> None:
        """Close the link to a process that ended; connections still in it are closed with it."""
        if self.link is not None:
            self.link.close()
        self.link, self._process, self.is_ready = None, None, False

    def terminate(self) -> None:
        """Ask the process to drain and end."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()

    def is_running(self) -> bool:
        """Return whether a process is there that has not ended."""
        return self._process is not None and self._process.poll() is None
