"""The socket pair between the supervisor and one worker: connections go down, counts come up.

Down: once PERMIT, then one message a connection: its text is "host port", its ancillary data one
descriptor.
Up: messages of two-byte reports, `from` and `to` of one connection's kind, or READY, or ALIVE.
Either end sees the other's death as an end of file. Source: unix(7), SCM_RIGHTS; ADR 0002.
"""

import array
import contextlib
import socket
from collections import Counter
from typing import Final

NEW: Final = b"n"  # handed over, its first request not yet read
PLAIN: Final = b"p"  # speaks plain HTTP
WEBSOCKET: Final = b"w"
GONE: Final = b"-"
PERMIT: Final = b"go"
WORKER: Final = b"worker"  # to the nursery: one more
MIGRATION: Final = b"migration"  # to the nursery: the database shall have the newest schema
LONGEST_ORDER: Final = max(len(WORKER), len(MIGRATION))
READY: Final = b"R!"  # the worker serves
ALIVE: Final = b"A!"  # its loop turns; said each ALIVE_EVERY_S
ALIVE_EVERY_S: Final = 1.0
LONGEST_REPORT: Final = 8192
LONGEST_ADDRESS: Final = 256
QUEUE_BYTES: Final = 1 << 20  # room for some hundred connections that a busy worker has not taken


def pair() -> tuple[socket.socket, socket.socket]:
    """Return the supervisor's end (never blocks) and the worker's end."""
    upper, lower = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    upper.settimeout(0)
    upper.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, QUEUE_BYTES)
    return upper, lower


def permit(link: socket.socket) -> None:
    """Let the worker at the other end begin; one that has died needs no permit."""
    with contextlib.suppress(OSError):
        link.send(PERMIT)


def has_permit(link: socket.socket) -> bool:
    """Return whether the supervisor lets the worker begin, False when it has ended instead.

    Raises BlockingIOError while it has said neither.
    """
    return link.recv(len(PERMIT)) == PERMIT


def ask(link: socket.socket, order: bytes, descriptor: int) -> None:
    """Ask the nursery at the other end for a process that has the descriptor.

    A WORKER serves the link that it is; a MIGRATION writes there what went wrong."""
    socket.send_fds(link, [order], [descriptor])


def asked(link: socket.socket) -> tuple[bytes, int] | None:
    """Return the next order and its descriptor, None once nobody asks any more."""
    order, descriptors, _, _ = socket.recv_fds(link, LONGEST_ORDER, 1)
    return (order, descriptors[0]) if order and descriptors else None


def send(link: socket.socket, connection: socket.socket, host: str, port: int) -> bool:
    """Hand the connection over and return True; False when the worker's queue is full or it died.

    The caller closes its own copy after True.
    """
    descriptors = array.array("i", [connection.fileno()])
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)]
    try:
        link.sendmsg([f"{host} {port}".encode()], rights)
    except OSError:  # EAGAIN: full; EPIPE, ECONNRESET: dead, its end of file is noticed elsewhere
        return False
    return True


def receive(link: socket.socket) -> tuple[int, str, int] | None:
    """Return the next connection's descriptor and peer, None once the supervisor is gone.

    Raises BlockingIOError when there is none yet.
    """
    text, descriptors, _, _ = socket.recv_fds(link, LONGEST_ADDRESS, 1)
    if not text or not descriptors:
        return None
    host, port = text.decode().split(" ")
    return descriptors[0], host, int(port)


class Seats:
    """What one worker holds, as far as its reports tell: the supervisor's side of the count."""

    def __init__(self) -> None:
        """The worker holds nothing."""
        self._count: Counter[bytes] = Counter()

    def taken(self) -> None:
        """Count one connection that was just handed over."""
        self._count[NEW] += 1

    def report(self, reports: bytes) -> bool:
        """Count what a message tells; return whether it says that the worker is ready."""
        is_ready = False
        for at in range(0, len(reports), 2):
            one = reports[at : at + 2]
            if one in {READY, ALIVE}:
                is_ready = is_ready or one == READY
                continue
            self._count[one[:1]] -= 1
            self._count[one[1:]] += 1
        del self._count[GONE]
        return is_ready

    @property
    def total(self) -> int:
        """Return how many connections are open."""
        return self._count[NEW] + self._count[PLAIN] + self._count[WEBSOCKET]

    @property
    def lasting(self) -> int:
        """Return how many are WebSockets or may yet become one."""
        return self._count[NEW] + self._count[WEBSOCKET]
