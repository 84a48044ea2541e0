"""Entries of the bus as they travel: a header line, then the frame as it leaves for a browser.

The rule of the file: nobody on the way reads or writes JSON. kind and target hold no white space.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """One entry, as it was published: number counts what its worker published."""

    kind: str
    target: str
    worker_id: str
    number: int
    frame: str

    def text(self) -> str:
        """The entry as it travels."""
        return f"{self.kind} {self.target} {self.worker_id} {self.number}\n{self.frame}"


def entry_of(raw: bytes) -> Entry | None:
    """What a worker published, of this version or a newer one that says more in the header."""
    header, _, frame = raw.partition(b"\n")
    try:
        kind, target, worker_id, number, *_more = header.decode().split(" ")
        return Entry(kind, target, worker_id, int(number), frame.decode())
    except ValueError:
        return None
