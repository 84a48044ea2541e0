"""Keeps Redis and the workers running, tells in one line each what changed, ends in good order.

One thread, one selector: the listening socket, the workers' links, the signals. Nothing here waits
for anything else, so a worker that hangs delays neither the others nor the end.
"""

import contextlib
import selectors
import signal
import socket
import time
from collections.abc import Callable
from functools import partial

from chat.config import Config
from serving import child, handoff
from serving.acceptor import Acceptor
from serving.backoff import Backoff
from serving.data_folder import DataFolder
from serving.embedded_redis import EmbeddedRedis
from serving.limits import seats
from serving.nursery_process import NurseryProcess
from serving.worker_process import WorkerProcess

TICK_S = 0.5  # how often is looked around when nothing happens
SOON_S = 0.02  # while something is due or draining
KILL_AFTER_S = 2.0  # beyond a worker's own drain deadline
GIVE_UP_AFTER = 3  # deaths in a row of a worker before any worker was ever ready
STOOD_STILL_S = 3.0  # between two turns: the supervisor or the machine slept, not the workers
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def say(line: str) -> None:
    """Print one line of state; nobody need be reading."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class Supervisor:
    """Everything that runs, from the first worker's start to the last one's end."""

    def __init__(
        self, config: Config, folder: DataFolder, listener: socket.socket, redis: EmbeddedRedis
    ) -> None:
        """Run nothing yet; redis was started before when it is the one in use."""
        self._config = config
        self._redis = redis
        self._redis_backoff = Backoff()
        self._metrics = folder.empty_metrics()
        self._selector = selectors.DefaultSelector()
        environ = {**child.environ(config), "PROMETHEUS_MULTIPROC_DIR": str(self._metrics)}
        self._nursery = NurseryProcess(environ)
        numbers = range(1, config.workers + 1)
        self._workers = [WorkerProcess(n, environ, self._nursery) for n in numbers]
        self._acceptor = Acceptor(
            listener, self._workers, seats(config.max_connections), self._selector
        )
        self._signals: list[int] = []
        self._has_news_of_death = True
        self._was_ready = False
        self._turned_s = time.monotonic()

    def run(self, prepare: Callable[[NurseryProcess], None]) -> int:
        """Serve until a stop signal or a failure to start; return the exit code.

        prepare comes before the workers; the nursery is there, or still loads the code."""
        if self._redis.pid:
            say(f"Started Redis {self._redis.version()} (process {self._redis.pid})")
        try:
            self._nursery.start()
            prepare(self._nursery)
            for worker in self._workers:
                self._start(worker)
        except BaseException:
            self._kill_all()
            raise
        self._catch_signals()
        for worker in self._workers:
            worker.permit()
        return self._serve()

    def _serve(self) -> int:
        while not self._signals:
            self._turn()
            if self._is_hopeless():
                say("The workers do not start: the reason stands above.")
                self._drain()
                return 1
        return self._drain()

    def _turn(self) -> None:
        """Do what is due, then wait for events, then answer them."""
        now = time.monotonic()
        if self._has_news_of_death:
            self._has_news_of_death = False
            self._look_for_dead(now)
        self._end_hung(now)
        self._start_what_is_due(now)
        self._acceptor.adjust()
        self._acceptor.refusals.expire(now)
        self._wait(SOON_S if self._is_busy() else TICK_S)

    def _wait(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            answer: Callable[[], None] = key.data
            if self._selector.get_map().get(key.fd) is key:  # an earlier answer may have closed it
                answer()

    def _is_busy(self) -> bool:
        waits = any(worker.backoff.is_waiting() for worker in self._workers)
        lingers = self._acceptor.is_waiting or bool(self._acceptor.refusals)
        return waits or lingers or self._redis_backoff.is_waiting()

    def _look_for_dead(self, now: float) -> None:
        for worker in self._workers:
            code = worker.exit_code()
            if code is not None:
                self._bury(worker)
                delay = worker.backoff.died(now)
                say(f"Worker {worker.number} ended ({_ending(code)}); the next in {delay:.1f} s")
        code = self._redis.ended()
        if code is not None and not self._redis_backoff.is_waiting():
            delay = self._redis_backoff.died(now)
            say(f"Redis ended ({_ending(code)}); the next in {delay:.1f} s")

    def _end_hung(self, now: float) -> None:
        """A worker that was not heard of for hang_ms is ended; its place is filled as after any
        death. Whoever only stood still for less goes on."""
        stood_still, self._turned_s = now - self._turned_s > STOOD_STILL_S, now
        for worker in self._workers:
            if stood_still:
                worker.heard(now)
            silence_s = worker.silence_s(now)
            if 0 < self._config.hang_ms / 1000 < silence_s and worker.end_hung(now):
                say(f"Worker {worker.number} hangs: silent for {silence_s:.0f} s; it is ended")

    def _start_what_is_due(self, now: float) -> None:
        for worker in self._workers:
            if worker.backoff.is_due(now):
                self._start(worker)
                worker.permit()
        if self._redis_backoff.is_due(now):
            self._redis.restart()
            self._redis_backoff.started(now)
            say(f"Started Redis (process {self._redis.pid})")

    def _start(self, worker: WorkerProcess) -> None:
        worker.start(time.monotonic())
        assert worker.link is not None  # noqa: S101 - start has just made it
        self._selector.register(worker.link, selectors.EVENT_READ, partial(self._listen_to, worker))
        say(f"Started worker {worker.number} (process {worker.pid})")

    def _bury(self, worker: WorkerProcess) -> None:
        # It loads an HTTP server, and most supervisors never see a worker die.
        from prometheus_client import multiprocess  # noqa: PLC0415

        gone = str(worker.pid)
        multiprocess.mark_process_dead(gone, path=str(self._metrics))  # type: ignore[no-untyped-call] # it ships none
        if worker.link is not None and worker.link in self._selector.get_map():
            self._selector.unregister(worker.link)
        worker.forget()

    def _listen_to(self, worker: WorkerProcess) -> None:
        """Count what the worker reports; at its end of file hand it nothing more."""
        assert worker.link is not None  # noqa: S101 - it is registered
        try:
            reports = worker.link.recv(handoff.LONGEST_REPORT)
        except BlockingIOError:
            return
        except OSError:
            reports = b""
        worker.heard(time.monotonic())
        if not reports:
            worker.is_ready = False
            self._selector.unregister(worker.link)
        elif worker.seats.report(reports):
            worker.is_ready = True
            self._announce()

    def _announce(self) -> None:
        if not self._was_ready and all(worker.is_ready for worker in self._workers):
            self._was_ready = True
            say(f"Rollcall is ready at {address(self._config)}")

    def _is_hopeless(self) -> bool:
        deaths = max(worker.backoff.deaths for worker in self._workers)
        return not self._was_ready and deaths >= GIVE_UP_AFTER

    def _catch_signals(self) -> None:
        """From here on a signal is noted and wakes the selector; nothing is interrupted."""
        reader, self._waker = socket.socketpair()
        reader.settimeout(0)
        self._waker.settimeout(0)
        self._selector.register(reader, selectors.EVENT_READ, partial(reader.recv, 4096))
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, self._note_death)
        for number in STOP_SIGNALS:
            signal.signal(number, lambda got, _: self._signals.append(got))

    def _note_death(self, *_: object) -> None:
        self._has_news_of_death = True

    def _drain(self) -> int:
        """Let every worker end in order, within its deadline or until a second signal."""
        say("Stopping: the workers drain")
        asked = len(self._signals)
        self._acceptor.close()
        self._nursery.end()
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + self._config.drain_ms / 1000 + KILL_AFTER_S
        while any(worker.is_running() for worker in self._workers):
            self._wait(SOON_S)
            if len(self._signals) > asked or time.monotonic() > deadline:
                return self._cut_short(asked)
        say("Stopped")
        return 0

    def _cut_short(self, asked: int) -> int:
        slow = [str(worker.number) for worker in self._workers if worker.is_running()]
        self._kill_all()
        say(f"Stopped; killed before the end of the drain: worker {', '.join(slow)}")
        return 128 + self._signals[-1] if len(self._signals) > asked else 0

    def _kill_all(self) -> None:
        self._nursery.end()
        for worker in self._workers:
            worker.kill()


def address(config: Config) -> str:
    """Return the address to type: the public one, else the listening one."""
    if config.public_url:
        return config.public_url
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(config.host, config.host)  # noqa: S104
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
