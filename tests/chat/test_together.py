"""Work done together: who comes first leads, in order of arrival, and an error spares the next."""

import threading
from collections.abc import Sequence

import pytest

from chat.together import Together
from tests.support.waiting import wait_until


class Office:
    """Does what stands in a line; the first batch waits until the door is opened."""

    def __init__(self, most: int = 100) -> None:
        self.line = Together(self._do_all, most=most)
        self.batches: list[list[int]] = []
        self.raised: list[BaseException] = []
        self._door = threading.Event()
        self._threads: list[threading.Thread] = []

    def _do_all(self, works: Sequence[int]) -> None:
        self.batches.append(list(works))
        assert self._door.wait(30)
        if 13 in works:
            raise ValueError("13")

    def send(self, work: int) -> None:
        """Somebody stands in line with it, behind all who were sent before."""
        batches, line = len(self.batches), len(self.line)
        thread = threading.Thread(target=self._stand, args=(work,))
        self._threads.append(thread)
        thread.start()
        wait_until(
            lambda: len(self.batches) > batches or len(self.line) > line, 30, "he stands in line"
        )

    def opens(self) -> None:
        """Everybody in line was served and went home."""
        self._door.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _stand(self, work: int) -> None:
        try:
            self.line.do(work)
        except ValueError as error:
            self.raised.append(error)


def test_who_comes_meanwhile_shares_the_next_batch() -> None:
    """The first is served alone and at once, the others together, in the order they came."""
    office = Office()

    for work in range(1, 6):
        office.send(work)
    office.opens()

    assert office.batches == [[1], [2, 3, 4, 5]]


def test_batch_is_bounded() -> None:
    """At most so many at once; the rest leads on without being called."""
    office = Office(most=2)

    for work in range(1, 7):
        office.send(work)
    office.opens()

    assert office.batches == [[1], [2, 3], [4, 5], [6]]
    assert len(office.line) == 0


def test_error_reaches_all_of_the_batch_and_nobody_else() -> None:
    """What a batch raised each of its callers raises; the next batch begins all the same."""
    office = Office(most=2)

    for work in (1, 2, 13, 3, 4):
        office.send(work)
    office.opens()

    assert office.batches == [[1], [2, 13], [3, 4]]
    assert [str(one) for one in office.raised] == ["13", "13"]


def test_who_leads_alone_after_an_error_is_served() -> None:
    """A batch of one that failed leaves the line free for whoever comes later."""
    line = Together[int](lambda works: works[7], most=5)  # type: ignore[arg-type]  # it raises

    for _ in range(2):
        with pytest.raises(IndexError):
            line.do(1)
