"""One worker: the green process that serves the connections handed to it.

Rule of this file: the standard library is patched before anything that could load Flask, redis or
SQLAlchemy; those would keep what they took from an unpatched one (tests/serving/test_green.py).
"""

# ruff: noqa: E402 - the rule above
import gc

gc.disable()  # loading code leaves no garbage, and looking for it takes a tenth of the start

from chat import green

green.patch()

import argparse
import faulthandler
import importlib
import os
import queue
import signal
import socket
import sys
import threading
import time

from chat import create_app
from chat.config import Config
from serving import child, handoff, linux

# Each collection that messages cause is a stall at p99, so the first is rare. What ends leaves it
# nothing to do (tests/chat/test_edge_socket.py): a connection that lived through some would wait
# for hours, and hours of a busy town made a worker 30 MB larger.
COLLECT_AFTER = (50_000, 2, 25)
TAKEN_A_TURN = 64  # 10 to 20 ms: a plain request is found behind a herd of WebSockets, which wait
KILL_AFTER_S = 2  # beyond the drain deadline, when no supervisor is there to do it


def load() -> None:
    """Load everything that serves; whoever forks workers calls it before."""
    importlib.import_module("chat.app")


def main() -> None:
    """Serve what comes by the link that is named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", type=int)
    serve(parser.parse_args().link)


def serve(descriptor: int) -> None:
    """Serve until SIGTERM or the supervisor's end, then drain and exit 0.

    descriptor is the worker's end of its link to the supervisor."""
    linux.take_name(child.WORKER_NAME)
    faulthandler.enable()  # the supervisor ends one that hangs by SIGABRT: the log tells where
    config = Config.from_environ(os.environ)
    stop = green.StopSignal()
    link = green.plain_socket(descriptor)
    link.settimeout(0)
    _run(config, link, stop)


def _run(config: Config, link: socket.socket, stop: green.StopSignal) -> None:
    app = create_app(config)
    rollcall = app.extensions["rollcall"]
    green.wait_readable(link.fileno())
    if not handoff.has_permit(link):
        return
    rollcall.start()
    reports = Reports(link)
    server = green.HttpServer(app.wsgi_app, reports)
    _calm_collector()
    threading.Thread(target=_take, args=(link, server, stop), daemon=True).start()
    reports.ready()
    reports.alive_each_second()
    stop.wait()
    signal.alarm(config.drain_ms // 1000 + KILL_AFTER_S)
    deadline = time.monotonic() + config.drain_ms / 1000
    # Disconnect first: stopping the server shuts idle sockets, and then nobody hears the farewell.
    rollcall.drain()
    server.stop(max(0.1, deadline - time.monotonic()))
    rollcall.stop()
    sys.stdout.flush()
    os._exit(0)  # green threads and the pool's threads have nothing left to say


class Reports:
    """Tells the supervisor what became of each connection; never makes a request wait."""

    def __init__(self, link: socket.socket) -> None:
        """Send over link from a greenlet of its own."""
        self._link = link
        self._kinds: dict[green.Address, bytes] = {}
        self._queue: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._send, daemon=True).start()

    def alive_each_second(self) -> None:
        """Report from now on that the loop turns, for as long as it does."""
        threading.Thread(target=self._be_alive, daemon=True).start()

    def ready(self) -> None:
        """Report that the worker serves."""
        self._queue.put(handoff.READY)

    def plain(self, address: green.Address) -> None:
        """Report a connection's plain request, the first time."""
        self._move(address, handoff.PLAIN)

    def websocket(self, address: green.Address) -> None:
        """Report a connection that becomes a WebSocket."""
        self._move(address, handoff.WEBSOCKET)

    def gone(self, address: green.Address) -> None:
        """Report a closed connection."""
        self._move(address, handoff.GONE)
        del self._kinds[address]

    def _move(self, address: green.Address, kind: bytes) -> None:
        was = self._kinds.get(address, handoff.NEW)
        self._kinds[address] = kind
        if was != kind:
            self._queue.put(was + kind)

    def _be_alive(self) -> None:
        while True:
            time.sleep(handoff.ALIVE_EVERY_S)
            self._queue.put(handoff.ALIVE)

    def _send(self) -> None:
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty() and len(batch) < handoff.LONGEST_REPORT // 2:
                batch.append(self._queue.get_nowait())
            self._send_all(b"".join(batch))

    def _send_all(self, reports: bytes) -> None:
        while True:
            try:
                self._link.send(reports)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:  # the supervisor is gone; `_take` sees the end of file
                return
            else:
                return


def _take(link: socket.socket, server: green.HttpServer, stop: green.StopSignal) -> None:
    """Serve each connection that is handed over; the supervisor's end is a reason to stop."""
    number = 0
    while True:
        try:
            handed = handoff.receive(link)
        except BlockingIOError:
            green.wait_readable(link.fileno())
            continue
        except OSError:
            handed = None
        if handed is None:
            stop.set()
            return
        number += 1
        descriptor, host, port = handed
        server.serve(descriptor, (host, port, number))
        if number % TAKEN_A_TURN == 0:
            green.pause()  # a burst of connections must not hold up those that are there


def _calm_collector() -> None:
    """Leave what the start has made out of garbage collection, and collect the rest seldom."""
    from chat import gauges  # noqa: PLC0415 - loaded by the app, after its settings are known

    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()
    # Told once: counting them goes through all, 15 ms.
    gauges.gc_frozen_objects.set(gc.get_freeze_count())
    gauges.gc_threshold.set(gc.get_threshold()[0])


if __name__ == "__main__":
    main()
