"""A small TCP proxy in front of a server: it can delay, swallow and cut what goes through it.

A swallowed connection is the vanished network (laptop lid, lost Wi-Fi): both ends keep their socket
and hear nothing, which no clean close can imitate.
"""

import contextlib
import socket
import struct
import threading
import time

from tests.support.child import free_port

CHUNK_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, zero seconds


class Proxy:
    """Listens on `host` and forwards to 127.0.0.1:target_port until stop()."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._delay_s = 0.0
        self._passes = threading.Event()
        self._passes.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def delays(self, milliseconds: int) -> None:
        """Every chunk waits that long, in both directions."""
        self._delay_s = milliseconds / 1000

    def swallows(self) -> None:
        """Nothing passes any more, in either direction; connections stay open."""
        self._passes.clear()

    def passes(self) -> None:
        """What was swallowed goes on, and everything after it."""
        self._passes.set()

    def cuts(self) -> None:
        """Every connection is reset; new ones are taken."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                _reset(end)

    def stop(self) -> None:
        """Nobody listens and nothing is connected any more."""
        self._listener.close()
        self.cuts()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._forward(near)

    def _forward(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            _reset(near)
            return
        far.settimeout(None)
        self._pairs.append((near, far))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                time.sleep(self._delay_s)
                self._passes.wait()
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RD)
        end.close()
