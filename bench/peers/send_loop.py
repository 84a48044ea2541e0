"""The limit: a Python loop of `socket.send` on so many loopback sockets. SOCKETS MESSAGES BYTES.

Prints CPU microseconds a delivery. What is sent is read by a child process and thrown away."""

from __future__ import annotations

import os
import resource
import select
import socket
import sys
import time

PAUSE_S = 0.02  # the readers catch up: else what is sent wakes nobody, and costs half


def main() -> None:
    """Connect, fork a reader, send, tell."""
    count, messages, size = (int(word) for word in sys.argv[1:])
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    reader = os.fork()
    if reader == 0:
        _read_all(count, listener.getsockname()[1])
        os._exit(0)
    sockets = [listener.accept()[0] for _ in range(count)]
    frame = bytes(size)
    started = _cpu_s()
    for _ in range(messages):
        for one in sockets:
            one.send(frame)
        time.sleep(PAUSE_S)
    print(f"{(_cpu_s() - started) / (count * messages) * 1e6:.3f}")
    for one in sockets:
        one.close()
    os.waitpid(reader, 0)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _read_all(count: int, port: int) -> None:
    ready = select.epoll()
    sockets = {}
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", port))
        sockets[one.fileno()] = one
        ready.register(one.fileno(), select.EPOLLIN)
    buffer = bytearray(65536)
    while sockets:
        for number, _ in ready.poll():
            if not sockets[number].recv_into(buffer):
                ready.unregister(number)
                sockets.pop(number).close()


if __name__ == "__main__":
    main()
