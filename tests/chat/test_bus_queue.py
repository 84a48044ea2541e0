"""What waits for Redis: in the order of its numbers, bounded, and nothing is dropped silently."""

import sys
import threading
from collections.abc import Iterator

import pytest

from chat import bus_queue
from chat.bus_entries import Entry, entry_of
from chat.bus_queue import GAP, Queue, Waiting

EACH = 3_000


@pytest.fixture
def queue() -> Queue:
    """An empty queue."""
    return Queue("worker")


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual_s)


def entry(waiting: Waiting) -> Entry:
    """Return the entry as the others will read it."""
    read = entry_of(waiting.entry.encode())
    assert read is not None
    return read


def test_room_is_named_where_only_its_members_are_meant(queue: Queue) -> None:
    """All others are for every worker."""
    queue.put("room", "lobby", "one")
    queue.put("user", "ann", "two")

    first, second = queue.oldest(10)

    assert (first.room, entry(first)) == ("lobby", Entry("room", "lobby", "worker", 1, "one"))
    assert (second.room, entry(second)) == ("", Entry("user", "ann", "worker", 2, "two"))


def test_what_was_taken_waits_until_it_was_sent(queue: Queue) -> None:
    """A batch whose answer was lost is the next one again."""
    for n in range(5):
        queue.put("room", "lobby", str(n))
    batch = queue.oldest(3)
    assert queue.oldest(3) == batch

    queue.sent(batch)

    assert [entry(one).frame for one in queue.oldest(3)] == ["3", "4"]


def test_full_queue_has_one_gap_in_place_of_what_was_dropped(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the number of the last that was dropped: known to those who heard of it after all."""
    monkeypatch.setattr(bus_queue, "QUEUE_LENGTH", 5)
    for n in range(1, 11):
        queue.put("room", "lobby", str(n))

    gap, *others = map(entry, queue.oldest(10))

    assert gap == Entry(GAP, "all", "worker", 6, "")
    assert [(one.number, one.frame) for one in others] == [(n, str(n)) for n in range(7, 11)]
    assert queue.oldest(1)[0].room == ""


def test_what_was_dropped_while_it_was_sent_needs_no_gap(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis has it: the gap that stood for it goes as well."""
    monkeypatch.setattr(bus_queue, "QUEUE_LENGTH", 5)
    for n in range(1, 6):
        queue.put("room", "lobby", str(n))
    batch = queue.oldest(3)
    queue.put("room", "lobby", "6")

    queue.sent(batch)

    assert [entry(one).frame for one in queue.oldest(10)] == ["4", "5", "6"]


@pytest.mark.usefixtures("_hasty")
def test_threads_that_put_at_once_keep_the_order_of_the_numbers(queue: Queue) -> None:
    """The others take a lower number after a higher one for an entry sent twice."""
    threads = [threading.Thread(target=_puts, args=(queue,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    numbers: list[int] = []

    while any(one.is_alive() for one in threads) or len(queue):
        if batch := queue.oldest(100):
            numbers += [one.number for one in batch]
            queue.sent(batch)

    for thread in threads:
        thread.join()
    assert numbers == list(range(1, 2 * EACH + 1))


def _puts(queue: Queue) -> None:
    for n in range(EACH):
        queue.put("room", "lobby", str(n))
