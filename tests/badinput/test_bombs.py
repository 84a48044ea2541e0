"""Small input that would grow large: fragments, compression, readers that do not read.

What a worker grows by is measured exactly by `python -m tests.soak.hostile`; here it has
room for what the machine does besides.
"""

import zlib
from collections.abc import Callable
from contextlib import closing

import psutil
import pytest

from tests.badinput.conftest import Scene
from tests.badinput.test_floods import wait_of
from tests.support.people import Person
from tests.support.raw import RawSocket, frame_of
from tests.support.server import Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
TEXT, CONTINUED = 0x1, 0x0
TOO_BIG = 1009
GROWS_MOST = 8_000_000
LONG = "word " * 790  # a message near the limit; its HTML comes on top


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "nobody"])
def test_fragment_bomb_is_closed_with_1009(is_signed_in: bool, scene: Scene) -> None:
    """A message that never ends: eventlet would keep every fragment."""
    raw = scene.raw(None if is_signed_in else "", connect=is_signed_in)
    worker = scene.worker_of(raw)
    before = size_of(worker)

    raw.sends_frame(TEXT, b'42["message:post","', is_last=False)
    for _ in range(64):
        raw.sends_frame(CONTINUED, b"x" * 8_192, is_last=False)

    assert raw.close_code_within(5) == TOO_BIG
    assert size_of(worker) - before <= GROWS_MOST


def test_packet_one_byte_over_the_limit_is_closed_with_1009(scene: Scene) -> None:
    """64 KiB are taken, one more byte is not: in one frame, and in two."""
    exact = b'421["message:post","' + b"x" * (65_536 - 22) + b'"]'
    assert len(exact) == 65_536
    right, over, split = scene.raw(), scene.raw(), scene.raw()

    right.sends(exact.decode())
    over.sends(exact.decode() + " ")
    split.sends_frame(TEXT, exact, is_last=False)
    split.sends_frame(CONTINUED, b" ")

    assert right.receives_until("43").startswith('431[{"error"')
    assert over.close_code_within(5) == TOO_BIG
    assert split.close_code_within(5) == TOO_BIG


def test_deflate_bomb_is_not_even_unpacked(scene: Scene) -> None:
    """Compression is not negotiated, so a compressed frame is a breach of the protocol."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b"4" + b"x" * 50_000_000) + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(packed) < 65_536
    raw = scene.raw(headers=["Sec-WebSocket-Extensions: permessage-deflate"])
    worker = scene.worker_of(raw)
    before = size_of(worker)

    assert "sec-websocket-extensions" not in (raw.ws.getheaders() or {})
    raw.sends_frame(TEXT, packed[:-4], is_compressed=True)

    assert raw.close_code_within(5) in {1002, TOO_BIG}
    assert size_of(worker) - before <= GROWS_MOST


def test_endless_empty_fragments_are_cut(scene: Scene) -> None:
    """Fragments of nothing are legal, and each costs a token: the sender runs out of them."""
    raw = scene.raw()
    neighbour = scene.neighbour_of(raw)
    raw.sends_frame(TEXT, b"42", is_last=False)

    assert raw.floods(frame_of(CONTINUED, b"", is_last=False) * 500, 10) is not None
    assert wait_of(neighbour) <= 2


def test_client_that_never_reads_is_cut_and_costs_little(server: Server, signs_up: SignsUp) -> None:
    """Answers that nobody fetches: at a megabyte the reader is cut; he may come back and resync."""
    mallory = signs_up(server, "mallory")
    room, tab = mallory.creates_room(), mallory.opens_tab()
    for _ in range(40):
        tab.posts(room, LONG)
    with closing(RawSocket(server.host, mallory.api.cookie, window_bytes=4_096)) as deaf:
        port = deaf.local_port
        worker = server.worker_of(port)
        before = size_of(worker)

        for number in range(40):
            deaf.sends(f'42{number}["message:since",{{"rooms":{{"{room}":0}}}}]')

        wait_until(lambda: not holds(worker, port), 20, "the deaf client is cut")
    assert size_of(worker) - before <= GROWS_MOST
    assert wait_of(mallory.opens_tab()) <= 2


def holds(worker: int, port: int) -> bool:
    """Whether the process holds the connection whose client end is that port."""
    ends = psutil.Process(worker).net_connections("tcp")
    return any(end.raddr and end.raddr.port == port for end in ends)


def size_of(pid: int) -> int:
    """Return the resident bytes of a process."""
    return int(psutil.Process(pid).memory_info().rss)
