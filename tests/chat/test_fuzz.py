"""Ten thousand packets of garbage on one server: nothing escapes, nothing is left behind.

The same on real workers, with a hundred thousand: `python -m tests.soak.fuzz --packets 100000`.
"""

import logging
import random
from itertools import islice

import pytest

from chat.frames import BINARY, TEXT
from tests.badinput.garbage import packets
from tests.chat.conftest import MovedClock
from tests.chat.edge_house import House
from tests.support.raw import frame_of

PACKETS = 10_000
AT_ONCE = 8


def test_no_packet_escapes_or_leaves_anything(
    moved_clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Each packet is handled, answered or ends its socket; afterwards nobody is left inside."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown with a failure
    house = House(moved_clock)
    garbage = islice(packets(seed), PACKETS)

    while batch := list(islice(garbage, AT_ONCE)):
        moved_clock.passes(60)
        takes(house, batch)

    assert house.edge.sids == 0
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert len(house.heard) > PACKETS // 1_000, "some garbage is an event all the same"


def takes(house: House, batch: list[str | bytes]) -> None:
    """A socket connects and gets the packets until they, or it, end."""
    one, line = house.opens()
    for packet in batch:
        if isinstance(packet, bytes):
            line.arrives(frame_of(BINARY, packet))
        else:
            line.arrives(frame_of(TEXT, packet.encode(errors="surrogatepass")))
    line.arrives(b"")  # the client closes
    assert one.closed
    assert line.is_closed
