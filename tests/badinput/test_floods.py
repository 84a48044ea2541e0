"""Whoever floods is cut, signed in or not, and a neighbour on the same worker is served meanwhile.

How fast exactly is measured by `python -m tests.soak.hostile`; here a slow machine may take longer.
"""

import threading
import time

import pytest

from tests.badinput.conftest import Scene
from tests.support.raw import RawSocket, frame_of
from tests.support.tab import Tab

TEXT, PING, CONTINUED = 0x1, 0x9, 0x0
CUT_DEADLINE_S = 10.0
WAIT_DEADLINE_S = 2.0
FLOODS = {
    "small events": frame_of(TEXT, b'421["roster:sync",{}]') * 500,
    "events without an ack": frame_of(TEXT, b'42["roster:sync",{}]') * 500,
    "unknown events": frame_of(TEXT, b'42["nonsense",{}]') * 500,
    "pongs": frame_of(TEXT, b"3") * 500,
    "frames of 64 KB": frame_of(TEXT, b'421["message:post","' + b"x" * 65_000 + b'"]') * 8,
    "pings of WebSocket": frame_of(PING, b"x" * 125) * 500,
    "CONNECTs": frame_of(TEXT, b"40") * 500,
}


@pytest.mark.parametrize("frames", FLOODS.values(), ids=FLOODS.keys())
@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "nobody"])
def test_flooder_is_cut_and_felt_by_nobody(frames: bytes, is_signed_in: bool, scene: Scene) -> None:
    """As fast as the network takes it: the flooder is hung up on, the neighbour's events are not
    kept waiting."""
    cookie = None if is_signed_in else ""
    flooder = scene.raw(cookie, connect=is_signed_in)
    neighbour = scene.neighbour_of(flooder)
    cut_after_s: list[float | None] = []
    flood = threading.Thread(
        target=lambda: cut_after_s.append(flooder.floods(frames, CUT_DEADLINE_S))
    )

    flood.start()
    waits_s = [wait_of(neighbour)]
    while flood.is_alive():
        waits_s.append(wait_of(neighbour))
    flood.join()

    assert cut_after_s[0] is not None, "nobody cut the flooder"
    assert max(waits_s) <= WAIT_DEADLINE_S


def test_many_sockets_of_one_user_are_no_way_around_the_bucket(scene: Scene) -> None:
    """Eight sockets flood at once, each as fast as it may: the user's own bucket runs dry."""
    flooders = [scene.raw() for _ in range(8)]
    neighbour = scene.neighbour_of(flooders[0])
    frames = FLOODS["small events"]
    cuts_s: list[float | None] = []

    def flood(one: RawSocket) -> None:
        cuts_s.append(one.floods(frames, CUT_DEADLINE_S * 2))

    floods = [threading.Thread(target=flood, args=(one,)) for one in flooders]

    for one in floods:
        one.start()
    waits_s = [wait_of(neighbour) for _ in range(5)]
    for one in floods:
        one.join()

    assert None not in cuts_s, "somebody was never cut"
    assert max(waits_s) <= WAIT_DEADLINE_S


def wait_of(tab: Tab) -> float:
    """Return how long the tab's worker takes to answer an event, in seconds."""
    began_s = time.monotonic()
    assert "people" in tab.ask("roster:sync", {})
    return time.monotonic() - began_s
