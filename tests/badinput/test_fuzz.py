"""Garbage of every kind on a real worker: it lives, and so does everybody on it."""

import random
from itertools import islice

from tests.badinput.conftest import Scene
from tests.badinput.garbage import packets
from tests.badinput.test_floods import wait_of

PACKETS = 200


def test_garbage_ends_at_most_its_own_socket(scene: Scene) -> None:
    """Every packet on an open socket of a signed-in user; the worker logs no traceback."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown with a failure
    raw = scene.raw()
    neighbour = scene.neighbour_of(raw)

    for packet in islice(packets(seed), PACKETS):
        if not raw.survives(packet):
            raw.closes()
            raw = scene.raw()

    assert wait_of(neighbour) <= 2
