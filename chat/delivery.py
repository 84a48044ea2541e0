"""Packets to many connections, in the order in which they were sent, without stopping the others.

The rule of the file: everything that goes to connections stands in one line. A short delivery with
nobody in front of it is done before `send` returns; a long one is cut into pieces, and between two
of them other work of the worker goes on. What waits for the same recipients leaves as one piece.
Measured: 5 000 recipients in one go would keep everybody else waiting for 30 ms.
Not here: who the recipients are (`fanout.py`), how bytes reach a socket (`outgoing.py`).
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from engineio.packet import Packet

from chat.connections import Connections, LiveConnection
from chat.packets import Parcel

AT_ONCE: Final = 400  # recipients between two pauses: about 3 ms

log = logging.getLogger(__name__)


class Delivery:
    """The line of one worker."""

    def __init__(
        self,
        connections: Connections,
        spawn: Callable[[Callable[[], None]], object],
        pause: Callable[[], None],
    ) -> None:
        """spawn starts a task beside the caller; pause lets every other task run once."""
        self._connections = connections
        self._spawn = spawn
        self._pause = pause
        self._line: deque[tuple[list[Packet], Sequence[LiveConnection]]] = deque()
        self._is_busy = False

    def send(self, packet: Packet, to: Sequence[LiveConnection]) -> None:
        """Each of them gets the packet after all that was sent before; returns at once."""
        if not self._is_busy and len(to) <= AT_ONCE:
            self._connections.send(packet, to)
            return
        if self._line and self._line[-1][1] == to:
            self._line[-1][0].append(packet)
        else:
            self._line.append(([packet], to))
        if not self._is_busy:
            self._is_busy = True
            self._spawn(self._work_off)

    def _work_off(self) -> None:
        try:
            while self._line:
                packets, to = self._line.popleft()
                self._deliver(packets, to)
        except Exception:
            log.exception("delivery: a packet could not be delivered, clients find the gap")
        finally:
            self._is_busy = False
            if self._line:
                self._is_busy = True
                self._spawn(self._work_off)

    def _deliver(self, packets: list[Packet], to: Sequence[LiveConnection]) -> None:
        packet = packets[0] if len(packets) == 1 else Parcel(packets)
        for start in range(0, len(to), AT_ONCE):
            self._connections.send(packet, to[start : start + AT_ONCE])
            self._pause()
