"""The faults, as a table. Each is acted out by people and told as truth; nothing looks inside.

`breaks` says that others would feel it, so that it has the deployment for itself.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.conformance.stage import Actor, Stage

RELOADS = 10
CROWD = 12
OTHERS_KEYS = 100_000
STORE_AWAY_S = 1.0
now_s = time.monotonic


@dataclass(frozen=True)
class Scenario:
    """One fault: what happens, what must be shown, and what it takes to act it out."""

    name: str
    right: str
    act: Callable[[Stage], None]
    cast: int = 1
    breaks: bool = False
    needs_workers: bool = False
    needs_store: bool = False

    def __str__(self) -> str:
        """Return the name, as a test's id shows it."""
        return self.name.replace(" ", "-").replace(",", "")


def tab_closed(stage: Stage) -> None:
    """The only tab is closed."""
    ann = stage.enters()
    left_s = now_s()
    ann.tab.closes()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.tab_closed_s)


def reloaded(stage: Stage) -> None:
    """The page is reloaded ten times as fast as it loads."""
    ann = stage.enters()
    tab = ann.tab
    for _ in range(RELOADS):
        tab.closes()
        tab = stage.opens(ann.person)
    stage.stays(for_s=stage.bounds.tab_closed_s)


def one_of_two_closed(stage: Stage) -> None:
    """Two tabs on two workers; one is closed."""
    ann = stage.enters()
    stage.opens(ann.person, apart_from=ann.tab)
    ann.tab.closes()
    stage.stays(for_s=stage.bounds.tab_closed_s)


def signed_out(stage: Stage) -> None:
    """Signed out by the button; the page goes to the sign-in form, which ends its connection."""
    ann = stage.enters()
    left_s = now_s()
    ann.person.signs_out()
    ann.tab.closes()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.signed_out_s)


def signed_out_elsewhere(stage: Stage) -> None:
    """Signed out in another tab of the browser; this one is left standing."""
    ann = stage.enters()
    left_s = now_s()
    ann.person.signs_out()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.signed_out_s)


def silent(stage: Stage) -> None:
    """The laptop sleeps: the connection stays, nothing answers."""
    ann = stage.enters()
    left_s = now_s()
    ann.tab.falls_silent()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.silent_s)


def cut(stage: Stage) -> None:
    """The connection is reset and the client does not come back."""
    ann = stage.enters()
    left_s = now_s()
    ann.tab.cut()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.tab_closed_s)


def cut_and_back(stage: Stage) -> None:
    """The connection is reset and the client is back within a quarter of a second."""
    ann = stage.enters(returns=True)
    ann.tab.cut()
    stage.stays(for_s=stage.bounds.tab_closed_s)


def all_leave_at_once(stage: Stage) -> None:
    """Twelve people on both workers leave in the same moment, seen from both workers."""
    second = stage.gets_second_viewer()
    crowd = [stage.enters(apart_from=second if n % 2 else None) for n in range(CROWD)]
    left_s = now_s()
    with ThreadPoolExecutor(CROWD) as pool:
        for ended in [pool.submit(one.tab.closes) for one in crowd]:
            ended.result()
    for one in crowd:
        stage.gone(one, since_s=left_s, within_s=stage.bounds.tab_closed_s)
    stage.in_one_order(left_s)


def worker_deployed(stage: Stage) -> None:
    """SIGTERM of a worker, as a deploy does it; its clients reconnect."""
    ann = stage.enters(returns=True)
    stage.workers.ends(ann.tab.worker)
    stage.stays(for_s=stage.bounds.worker_killed_s)
    stage.watches()
    stage.workers.recovers()


def worker_killed_and_back(stage: Stage) -> None:
    """SIGKILL of a worker; its clients reconnect elsewhere."""
    ann = stage.enters(returns=True)
    stage.workers.kills(ann.tab.worker)
    stage.stays(for_s=stage.bounds.worker_killed_s)
    stage.watches()
    stage.workers.recovers()


def worker_killed(stage: Stage) -> None:
    """SIGKILL of a worker; its clients do not come back."""
    ann = stage.enters()
    killed_s = now_s()
    stage.workers.kills(ann.tab.worker)
    stage.gone(ann, since_s=killed_s, within_s=stage.bounds.worker_killed_s)
    stage.watches()
    stage.workers.recovers()


def worker_frozen(stage: Stage) -> None:
    """SIGSTOP of a worker until its people are gone for others, then SIGCONT."""
    ann = stage.enters(returns=True)
    frozen_s = now_s()
    stage.workers.freezes(ann.tab.worker)
    stage.gone(ann, since_s=frozen_s, within_s=stage.bounds.worker_killed_s)
    stage.watches()
    stage.workers.thaws(ann.tab.worker)
    stage.back(ann, since_s=now_s(), within_s=stage.bounds.store_back_s)


def store_restarted(stage: Stage) -> None:
    """Redis is killed and starts empty; one stays, one leaves meanwhile."""
    stage.enters(returns=True)
    carol = stage.enters()
    stage.store.dies()
    left_s = now_s()
    carol.tab.closes()
    stage.passes(STORE_AWAY_S)
    stage.store.start()
    _left_meanwhile(stage, carol, left_s)


def store_frozen(stage: Stage) -> None:
    """Redis answers nobody for longer than a lease; one stays, one leaves meanwhile."""
    stage.enters(returns=True)
    carol = stage.enters()
    stage.store.freezes()
    left_s = now_s()
    carol.tab.closes()
    stage.passes(stage.bounds.store_freeze_s)
    stage.store.thaws()
    _left_meanwhile(stage, carol, left_s)


def store_flushed(stage: Stage) -> None:
    """FLUSHALL; one stays, one leaves right after."""
    stage.enters(returns=True)
    carol = stage.enters()
    stage.store.flush()
    left_s = now_s()
    carol.tab.closes()
    _left_meanwhile(stage, carol, left_s)


def subscribers_cut(stage: Stage) -> None:
    """Every pub/sub connection is killed, and at once somebody leaves."""
    ann = stage.enters()
    stage.store.cuts_subscribers()
    left_s = now_s()
    ann.tab.closes()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.tab_closed_s)


def store_shared(stage: Stage) -> None:
    """Another application keeps 100 000 keys with a TTL in the same database."""
    ann = stage.enters()
    stage.store.is_shared(OTHERS_KEYS)
    left_s = now_s()
    ann.tab.closes()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.tab_closed_s)


def events_muted(stage: Stage) -> None:
    """Keyspace notifications are switched off, and somebody leaves."""
    ann = stage.enters()
    stage.store.mutes_events()
    left_s = now_s()
    ann.tab.closes()
    stage.gone(ann, since_s=left_s, within_s=stage.bounds.tab_closed_s)


def _left_meanwhile(stage: Stage, actor: Actor, left_s: float) -> None:
    """Redis is back as of now: who left before is gone, who stayed was never gone."""
    within_s = stage.bounds.store_back_s
    stage.gone(actor, since_s=left_s, counted_from_s=now_s(), within_s=within_s)
    stage.stays(for_s=within_s)


SCENARIOS = (
    Scenario("tab closed", "offline within `tab_closed`", tab_closed),
    Scenario("page reloaded 10 times", "nothing", reloaded),
    Scenario("two tabs, one closed", "nothing", one_of_two_closed),
    Scenario("signed out", "offline within `signed_out`", signed_out),
    Scenario("signed out in another tab", "offline within `signed_out`", signed_out_elsewhere),
    Scenario("client silent", "offline within `silent`", silent),
    Scenario("connection reset", "offline within `tab_closed`", cut),
    Scenario("connection reset, back at once", "nothing", cut_and_back),
    Scenario(
        "twelve leave at once, two viewers",
        "offline within `tab_closed`, in one order",
        all_leave_at_once,
        cast=CROWD,
    ),
    Scenario(
        "worker ended by a deploy", "nothing", worker_deployed, breaks=True, needs_workers=True
    ),
    Scenario(
        "worker killed, clients return",
        "nothing",
        worker_killed_and_back,
        breaks=True,
        needs_workers=True,
    ),
    Scenario(
        "worker killed, clients do not return",
        "offline within `worker_killed`",
        worker_killed,
        breaks=True,
        needs_workers=True,
    ),
    Scenario(
        "worker frozen, then goes on",
        "offline within `worker_killed`, online within `store_back`",
        worker_frozen,
        breaks=True,
        needs_workers=True,
    ),
    Scenario(
        "Redis restarted empty",
        "nothing of who stays; who left offline within `store_back`",
        store_restarted,
        cast=2,
        breaks=True,
        needs_store=True,
    ),
    Scenario(
        "Redis frozen longer than a lease",
        "the same",
        store_frozen,
        cast=2,
        breaks=True,
        needs_store=True,
    ),
    Scenario("FLUSHALL", "the same", store_flushed, cast=2, breaks=True, needs_store=True),
    Scenario(
        "pub/sub links killed",
        "offline within `tab_closed`",
        subscribers_cut,
        breaks=True,
        needs_store=True,
    ),
    Scenario(
        "100 000 other keys with a TTL",
        "offline within `tab_closed`",
        store_shared,
        breaks=True,
        needs_store=True,
    ),
    Scenario(
        "keyspace notifications off",
        "offline within `tab_closed`",
        events_muted,
        breaks=True,
        needs_store=True,
    ),
)
