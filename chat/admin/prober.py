"""The self-audit: probes that come and go like users, and whether every worker shows them right.

A round: three probes come; one closes its tab, one signs out, one falls silent and its lease is
left to run out. When a bound has passed, their worker says over the bus what is true by now, and
each worker, itself included, compares it with what it has told. So the whole way is measured: the
tracker, the store, the log, the announcer of another process.

The rules of the file: a view is wrong only if it could be known to be; while the store is away or
held, or where somebody stood still, a judgement is void. Probes are in no room, no table and no
count: nobody is told of one.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from prometheus_client import Counter, Histogram

from chat.lags import LAG_BUCKETS, Transition
from chat.terms import PROBE

BUS_KIND: Final = "probe"
MARGIN_MS: Final = 1_000  # late is a lag, and counted as one; this late is wrong
VALID_MS: Final = 1_000  # a truth that was on its way for longer may be none any more
LATE_S: Final = 1.0  # who wakes this much too late stood still: what he meant to say is void
TOLD_MS: Final = 600_000  # how long what went wrong is told
FIRST_ROUND_S: Final = 3.0  # a worker that has just started has other things to do
KIND_OF: Final = {
    "connected": "came_online",
    "closed": "tab_closed",
    "signed_out": "signed_out",
    "silent": "lease_ran_out",
}
ONLINE, OFFLINE = "online", "offline"
NAMES: Final = ("closes", "signs-out", "falls-silent")

judgements_total = Counter(
    "rollcall_presence_probe_judgements_total",
    "Views of probes compared with the truth by a worker: right, wrong or void.",
    ["outcome"],
)
probe_lag_seconds = Histogram(
    "rollcall_presence_probe_lag_seconds",
    "As rollcall_presence_lag_seconds, of probes.",
    ["kind"],
    buckets=LAG_BUCKETS,
)

log = structlog.get_logger(__name__)


class Named(Protocol):
    """A connection of presence."""

    @property
    def id(self) -> str: ...


class Presence(Protocol):
    """What is asked of presence.tracker.Tracker."""

    @property
    def worker_id(self) -> str: ...
    @property
    def available(self) -> bool: ...
    def now_ms(self) -> int | None: ...
    def connected(self, user_id: str, *, device: str = "") -> Named: ...
    def seen(self, connection_id: str) -> None: ...
    def disconnected(self, connection_id: str) -> None: ...
    def signed_out(self, connection_id: str) -> None: ...
    def forget(self, user_ids: Sequence[str]) -> None: ...


class Publish(Protocol):
    """How a truth reaches the other workers: chat.bus.Bus.publish."""

    def __call__(self, kind: str, target: str, frame: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ProbeBounds:
    """When each view must be right, in ms after the cause; grace_ms: and not earlier.

    ping_ms: how often a probe that lives gives a sign of life."""

    came_online_ms: int
    signed_out_ms: int
    tab_closed_ms: int
    lease_ran_out_ms: int
    grace_ms: int
    ping_ms: int


@dataclass(slots=True)
class Verdict:
    """What this worker's views were found to be since it started; last: right, wrong or void.

    at_ms: when it was last judged, by the store's clock; 0 before the first time."""

    right: int = 0
    wrong: int = 0
    void: int = 0
    last: str = ""
    at_ms: int = 0
    wrong_at_ms: int = 0


@dataclass(slots=True)
class Round:
    """The probes of one round: user and connection by name; living: those that answer pings."""

    began_ms: int
    users: dict[str, str]
    connections: dict[str, str] = field(default_factory=dict)
    living: tuple[str, ...] = ()


class Prober:
    """One worker's probes, and its judgement of everybody's."""

    def __init__(
        self,
        presence: Presence,
        bounds: ProbeBounds,
        publish: Publish,
        *,
        every_ms: int,
        is_disturbed_since: Callable[[int], bool],
    ) -> None:
        """every_ms: between two rounds; 0: no own probes, those of others are judged all the same.

        is_disturbed_since(at_ms): whether the store was away or held after that."""
        self.verdict = Verdict()
        self._presence = presence
        self._bounds = bounds
        self._publish = publish
        self._every_ms = every_ms
        self._is_disturbed_since = is_disturbed_since
        self._shown: dict[str, str] = {}
        self._judges_since_ms: int | None = None
        self._number = 0
        self._round: Round | None = None
        self._past: list[str] = []
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Rounds are made from now on, if they are wanted."""
        if self._every_ms:
            self._thread = threading.Thread(target=self._run, name="prober", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """No probe is here any more."""
        self._is_stopped.set()
        if self._thread is not None:
            self._thread.join(2.0)
            self._thread = None

    def told(self, transitions: Sequence[Transition], now_ms: int) -> None:
        """These transitions of probes, of any worker, were handed to the fan-out here."""
        for one in transitions:
            if one.status == OFFLINE:
                self._shown.pop(one.user_id, None)
            else:
                self._shown[one.user_id] = one.status
            kind = KIND_OF.get(one.cause)
            if kind is not None and not self._is_disturbed_since(one.since_ms):
                probe_lag_seconds.labels(kind).observe(max(0, now_ms - one.since_ms) / 1000)

    def was_wrong_lately(self) -> bool:
        """Whether a probe was shown wrongly here within TOLD_MS."""
        wrong_at_ms, now_ms = self.verdict.wrong_at_ms, self._presence.now_ms()
        return bool(wrong_at_ms and now_ms and now_ms - wrong_at_ms <= TOLD_MS)

    def forget_views(self) -> None:
        """What was told is worth nothing: the store was away, and viewers begin anew."""
        self._shown.clear()

    def shown_count(self) -> int:
        """Return how many probes count as present now: they are among those presence counts."""
        return len(self._shown)

    def judge(self, user_id: str, frame: str) -> None:
        """A worker said what is true of its probe: `status said_ms until_ms began_ms`, by the
        store's clock."""
        status, _, until_ms, began_ms = frame.split(" ")
        now_ms = self._presence.now_ms()
        if now_ms is None:
            return
        if self._judges_since_ms is None:
            self._judges_since_ms = now_ms  # probes that came before were never told here
        shown = self._shown.get(user_id, OFFLINE)
        is_void = now_ms > int(until_ms) or not self._can_know(int(began_ms))
        self._note("void" if is_void else "right" if shown == status else "wrong", now_ms)
        if not is_void and shown != status:
            log.error("prober: a wrong view", probe=user_id, shown=shown, true=status)

    def _note(self, outcome: str, now_ms: int) -> None:
        judgements_total.labels(outcome).inc()
        verdict = self.verdict
        setattr(verdict, outcome, getattr(verdict, outcome) + 1)
        verdict.last, verdict.at_ms = outcome, now_ms
        if outcome == "wrong":
            verdict.wrong_at_ms = now_ms

    def _can_know(self, began_ms: int) -> bool:
        return (
            self._presence.available
            and self._judges_since_ms is not None
            and began_ms >= self._judges_since_ms
            and not self._is_disturbed_since(began_ms)
        )

    def _run(self) -> None:
        self._judges_since_ms = self._presence.now_ms()
        wait_s = min(FIRST_ROUND_S, self._every_ms / 1000)
        while not self._is_stopped.wait(wait_s * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
            wait_s = self._every_ms / 1000
            try:
                self._make_round()
            except Exception:
                log.exception("prober: a round failed, the next one is tried")
            self._end_round()
        self._forget_past()

    def _make_round(self) -> None:
        now_ms = self._presence.now_ms()
        if now_ms is None or not self._presence.available:
            return
        self._number += 1
        self._round = self._come(now_ms)
        online_s = time.monotonic() + (self._bounds.came_online_ms + MARGIN_MS) / 1000
        if not all(self._says(online_s, name, ONLINE) for name in NAMES):
            return
        if not self._waits_until(time.monotonic() + VALID_MS / 1000):
            return
        self._round.living = ()  # so one of them falls silent now
        self._presence.disconnected(self._round.connections["closes"])
        self._presence.signed_out(self._round.connections["signs-out"])
        all(self._says(*truth) for truth in sorted(self._truths(time.monotonic())))

    def _come(self, now_ms: int) -> Round:
        prefix = f"{PROBE}{self._presence.worker_id}~{self._number}~"
        came = Round(now_ms, {name: prefix + name for name in NAMES}, living=NAMES)
        for name, user_id in came.users.items():
            came.connections[name] = self._presence.connected(user_id, device="probe").id
        return came

    def _truths(self, left_s: float) -> list[tuple[float, str, str, int]]:
        """Return what is true of which probe by when, and for how many ms more."""
        bounds = self._bounds
        in_grace_ms = bounds.grace_ms // 2
        ends = {
            "signs-out": bounds.signed_out_ms,
            "closes": bounds.tab_closed_ms,
            "falls-silent": bounds.lease_ran_out_ms,
        }
        gone = [
            (left_s + (bound_ms + MARGIN_MS) / 1000, name, OFFLINE, VALID_MS)
            for name, bound_ms in ends.items()
        ]
        still_here = left_s + in_grace_ms / 1000, "closes", ONLINE, min(VALID_MS, in_grace_ms // 2)
        return [still_here, *gone]

    def _says(self, due_s: float, name: str, status: str, valid_ms: int = VALID_MS) -> bool:
        """What is true by then, and stays so for valid_ms, was said to all when it was due.

        False if this worker stood still or stops: the round is over."""
        is_in_time = self._waits_until(due_s)
        round_, now_ms = self._round, self._presence.now_ms()
        if not is_in_time or round_ is None or now_ms is None:
            return False
        frame = f"{status} {now_ms} {now_ms + valid_ms} {round_.began_ms}"
        self._publish(BUS_KIND, round_.users[name], frame)
        self.judge(round_.users[name], frame)
        return True

    def _waits_until(self, due_s: float) -> bool:
        """It is then, and those that live answered pings meanwhile; False if it is much later."""
        while time.monotonic() < due_s:
            self._answer_pings()
            left_s = max(0.0, due_s - time.monotonic())
            if self._is_stopped.wait(min(left_s, self._bounds.ping_ms / 1000)):
                return False
        return time.monotonic() - due_s <= LATE_S

    def _answer_pings(self) -> None:
        if self._round is not None:
            for name in self._round.living:
                self._presence.seen(self._round.connections[name])

    def _end_round(self) -> None:
        """Its probes are gone; the store forgets those of the round before, whom all have told."""
        round_, self._round = self._round, None
        if round_ is None:
            return
        for connection_id in round_.connections.values():
            self._presence.signed_out(connection_id)
        self._forget_past()
        self._past = list(round_.users.values())

    def _forget_past(self) -> None:
        past, self._past = self._past, []
        if not past or not self._presence.available:
            return
        try:
            self._presence.forget(past)
        except Exception as away:  # noqa: BLE001 - presence has its own; some bytes stay in the store
            log.debug("prober: the store forgets nothing now", cause=type(away).__name__)
