"""What the kit must be able to do to a server: write these few classes to point it at yours.

A deployment that cannot kill its workers or its store says None there; the faults that need them
are reported as not run. Times are monotonic seconds of the kit's process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from presence import Timings

ONLINE, OFFLINE, UNKNOWN = "online", "offline", "unknown"


@dataclass(frozen=True)
class Look:
    """What a tab began to show of somebody, and when.

    OFFLINE is gone and UNKNOWN is "cannot say now"; any other word counts as being here."""

    status: str
    at_s: float


@dataclass(frozen=True)
class Bounds:
    """What a right server keeps to, in seconds; store_freeze_s is how long Redis will be frozen."""

    tab_closed_s: float
    silent_s: float
    worker_killed_s: float
    signed_out_s: float
    store_back_s: float
    store_freeze_s: float

    @classmethod
    def of(cls, timings: Timings, *, store_back_s: float = 5.0) -> "Bounds":
        """Return the bounds that follow from presence's formulas. Source: docs/TIMINGS.md."""
        bounds = timings.bounds()
        return cls(
            tab_closed_s=bounds.tab_closed_ms / 1000,
            silent_s=bounds.silent_ms / 1000,
            worker_killed_s=bounds.worker_killed_ms / 1000,
            signed_out_s=bounds.signed_out_ms / 1000,
            store_back_s=store_back_s,
            store_freeze_s=timings.lease_ms / 1000 * 1.25,
        )


class Tab(Protocol):
    """One connected tab, as a browser would hold it."""

    @property
    def worker(self) -> object:
        """The worker process that served it when it opened: anything that compares equal."""
        ...

    def closes(self) -> None:
        """The person closes the tab, and it stays closed; safe to call twice."""
        ...

    def cut(self) -> None:
        """The connection is reset (RST); a tab that returns comes back at once."""
        ...

    def falls_silent(self) -> None:
        """The connection stays open and answers nothing any more, as a sleeping laptop."""
        ...

    def looks(self, person_id: str) -> list[Look]:
        """Return everything this tab has shown of somebody, oldest first."""
        ...


class Person(Protocol):
    """Somebody signed in in one browser."""

    id: str

    def opens_tab(self, *, apart_from: Tab | None = None, returns: bool = False) -> Tab:
        """Return a connected tab that shows what the server knows.

        apart_from: on another worker than that tab's. returns: it reconnects by itself."""
        ...

    def signs_out(self) -> None:
        """The session is ended, as by the button; other tabs of this browser stay open."""
        ...


class Workers(Protocol):
    """The worker processes, and how to hurt them."""

    def kills(self, worker: object) -> None:
        """SIGKILL; who replaces it does so by itself or in recovers()."""
        ...

    def ends(self, worker: object) -> None:
        """SIGTERM, as a deploy does it; who replaces it as above."""
        ...

    def freezes(self, worker: object) -> None:
        """SIGSTOP."""
        ...

    def thaws(self, worker: object) -> None:
        """SIGCONT."""
        ...

    def recovers(self) -> None:
        """All workers are there again."""
        ...


class Store(Protocol):
    """The Redis behind the workers, and how to hurt it."""

    def dies(self) -> None:
        """SIGKILL; everything in it is lost."""
        ...

    def start(self) -> None:
        """It answers again on the same address, empty."""
        ...

    def freezes(self) -> None:
        """SIGSTOP."""
        ...

    def thaws(self) -> None:
        """SIGCONT."""
        ...

    def flush(self) -> None:
        """FLUSHALL."""
        ...

    def is_shared(self, keys: int) -> None:
        """Somebody else keeps so many living keys with a TTL in the same database."""
        ...

    def cuts_subscribers(self) -> None:
        """CLIENT KILL TYPE pubsub."""
        ...

    def mutes_events(self) -> None:
        """No keyspace notification from now on."""
        ...


class Deployment(Protocol):
    """A server under test. Every call of people() gives strangers to all who came before."""

    name: str
    bounds: Bounds

    @property
    def workers(self) -> Workers | None:
        """None: worker processes cannot be hurt here."""
        ...

    @property
    def store(self) -> Store | None:
        """None: the store cannot be hurt here."""
        ...

    def start(self) -> None:
        """It serves; nothing to do for one that runs at an address."""
        ...

    def stop(self) -> None:
        """Nothing of it runs any more; safe to call twice."""
        ...

    def people(self, count: int) -> Sequence[Person]:
        """Return new people who may see each other."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Return what was tested, by name."""
        ...
