"""A small TCP proxy in front of a server: it can delay, swallow and cut what goes through it.

A swallowed connection is the vanished network (laptop lid, lost Wi-Fi): both ends keep their socket
and hear nothing, which no clean close can imitate. One thread owns every socket.
"""

import contextlib
import queue
import selectors
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable

CHUNK_BYTES = 65_536
TICK_S = 0.005
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds
OPENING_BYTES = 4096  # what a client said first, by which its connection is known again


class Proxy:
    """Listens on `host` and forwards to 127.0.0.1:target_port until stop()."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._delay_s = 0.0
        self._passing = True
        self._peers: dict[socket.socket, socket.socket] = {}
        self._websockets: list[socket.socket] = []
        self._openings: dict[socket.socket, bytes] = {}
        self._dead: set[socket.socket] = set()
        self._late: deque[tuple[float, socket.socket, bytes]] = deque()
        self._orders: queue.Queue[Callable[[], None]] = queue.Queue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._stopped = False
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def delays(self, milliseconds: int) -> None:
        """Every chunk waits that long, in both directions."""
        self._delay_s = milliseconds / 1000

    def swallows(self) -> None:
        """Nothing passes any more, in either direction; connections stay open."""
        self._passing = False

    def passes(self) -> None:
        """What was swallowed goes on, and everything after it."""
        self._passing = True

    def swallows_links_that_said(self, *words: bytes) -> int:
        """The open connections whose client's opening holds all these words pass nothing any more.

        They stay open for good, and new ones pass. Returns how many there are."""
        found: list[socket.socket] = []
        self._order(lambda: found.extend(self._kill_links(words)))
        return len(found)

    def cuts(self) -> None:
        """Every connection is reset when this returns; new ones are taken."""
        self._order(self._reset_all)

    def leads_to(self, target_port: int) -> None:
        """Connections lead to another server from now on; those that stand are reset."""
        self._target = ("127.0.0.1", target_port)
        self.cuts()

    def websocket_ports(self) -> list[int]:
        """Return the ports from which the open WebSockets reach the server, oldest first."""
        return [int(end.getsockname()[1]) for end in list(self._websockets) if end in self._peers]

    def stop(self) -> None:
        """Nobody listens and nothing is connected any more."""
        self._stopped = True
        self._thread.join()

    def _order(self, act: Callable[[], None]) -> None:
        self._orders.put(act)
        self._orders.join()

    def _run(self) -> None:
        try:
            self._serve()
        finally:
            self._reset_all()
            self._listener.close()
            self._selector.close()

    def _serve(self) -> None:
        while not self._stopped:
            with contextlib.suppress(queue.Empty):
                self._orders.get_nowait()()
                self._orders.task_done()
            ready = self._selector.select(TICK_S)
            if self._passing:
                self._deliver_late()
                for key, _ in ready:
                    self._take(key.fileobj)  # type: ignore[arg-type] # we register sockets only
            else:
                time.sleep(TICK_S)

    def _take(self, source: socket.socket) -> None:
        if source is self._listener:
            self._accept()
        elif source in self._peers:
            self._forward(source)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            _reset(near)
            return
        self._openings[near] = b""
        for one, other in ((near, far), (far, near)):
            one.settimeout(5)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _kill_links(self, words: tuple[bytes, ...]) -> list[socket.socket]:
        openings = self._openings.items()
        said = [near for near, opening in openings if all(word in opening for word in words)]
        for near in set(said) - self._dead:
            for side in (near, self._peers[near]):
                self._selector.unregister(side)
                self._dead.add(side)
        return said

    def _forward(self, source: socket.socket) -> None:
        try:
            chunk = source.recv(CHUNK_BYTES)
        except OSError:
            self._forget(source, _reset)
            return
        if len(self._openings.get(source, b"-" * OPENING_BYTES)) < OPENING_BYTES:
            self._openings[source] += chunk
        if chunk.startswith(b"GET /socket.io/"):
            self._websockets.append(self._peers[source])
        self._late.append((time.monotonic() + self._delay_s, source, chunk))
        self._deliver_late()

    def _deliver_late(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            _, source, chunk = self._late.popleft()
            if source in self._peers and source not in self._dead:
                self._deliver(source, chunk)

    def _deliver(self, source: socket.socket, chunk: bytes) -> None:
        if not chunk:
            self._forget(source, socket.socket.close)
            return
        try:
            self._peers[source].sendall(chunk)
        except OSError:
            self._forget(source, _reset)

    def _forget(self, one: socket.socket, end: Callable[[socket.socket], None]) -> None:
        for side in (one, self._peers[one]):
            if side not in self._dead:
                self._selector.unregister(side)
            self._dead.discard(side)
            self._openings.pop(side, None)
            del self._peers[side]
            end(side)

    def _reset_all(self) -> None:
        self._late.clear()
        while self._peers:
            self._forget(next(iter(self._peers)), _reset)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
