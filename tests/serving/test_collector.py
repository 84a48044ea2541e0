"""The collector of garbage as a worker sets it: a full collection would hold everybody."""

from collections.abc import Callable

from tests.support.metrics import value_of
from tests.support.server import Server

WaitUntil = Callable[[Callable[[], object], float, str], object]
STOCK_THRESHOLD = 700
OF_THE_START = 50_000  # objects; modules, functions and routes alone are over 100 000


def test_worker_leaves_its_start_out_and_collects_seldom(
    server: Server, wait_until: WaitUntil
) -> None:
    """Without it a collection goes through all that was imported, every few hundred messages."""
    wait_until(
        lambda: value_of(server, "rollcall_gc_frozen_objects") > OF_THE_START,
        10,
        "the objects of the start are frozen",
    )
    assert value_of(server, "rollcall_gc_threshold") > 10 * STOCK_THRESHOLD
