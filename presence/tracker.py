"""One door for every change of presence."""

from collections.abc import Callable, Sequence

import redis

from presence.terms import Changes, Connection, Counts, Snapshot, Transition
from presence.timings import Timings


class Tracker:
    """Presence as one worker knows and changes it. Signatures are final; bodies follow."""

    def __init__(
        self,
        client: redis.Redis,
        blocking: Callable[[], redis.Redis],
        timings: Timings,
        *,
        on_transitions: Callable[[str, Sequence[Transition]], None],
        on_reset: Callable[[str], None],
        on_available: Callable[[bool], None],
        prefix: str = "{p}",
    ) -> None:
        raise NotImplementedError

    @property
    def worker_id(self) -> str:
        raise NotImplementedError

    @property
    def epoch(self) -> str | None:
        raise NotImplementedError

    @property
    def rev(self) -> int:
        raise NotImplementedError

    @property
    def available(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError

    def drain(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def connected(
        self,
        user_id: str,
        connection_id: str | None = None,
        *,
        visible: bool = True,
        device: str = "",
    ) -> Connection:
        raise NotImplementedError

    def seen(self, connection_id: str) -> None:
        raise NotImplementedError

    def disconnected(self, connection_id: str) -> None:
        raise NotImplementedError

    def signed_out(self, connection_id: str) -> None:
        raise NotImplementedError

    def set_visible(
        self,
        connection_id: str,
        visible: bool,  # noqa: FBT001 - the wire says it so
        *,
        idle: bool = False,
    ) -> None:
        raise NotImplementedError

    def snapshot(self, user_ids: Sequence[str]) -> Snapshot:
        raise NotImplementedError

    def since(self, epoch: str, rev: int) -> Changes:
        raise NotImplementedError

    def counts(self) -> Counts:
        raise NotImplementedError
