"""The beat: who is renewed, who is granted again, who is left to run out."""

import pytest
import redis

from presence.heartbeat import Connections, Heartbeat, grant_all_of
from presence.store import Store
from presence.terms import Lease, LeaseRef, Place, Status
from tests.presence.workers import QUICK

ANN, BEN = LeaseRef("ann", "a1"), LeaseRef("ben", "b1")


class Clock:
    """A monotonic clock that is moved."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s

    def passes(self, ms: float) -> None:
        self.now_s += ms / 1000


@pytest.fixture
def clock() -> Clock:
    """The clock of the worker under test."""
    return Clock()


@pytest.fixture
def connections(clock: Clock) -> Connections:
    """The connections of the worker under test."""
    return Connections(QUICK, clock)


@pytest.fixture
def heartbeat(store: Store, connections: Connections, clock: Clock) -> Heartbeat:
    """A heartbeat without jitter."""
    return Heartbeat(store, connections, QUICK, lambda _, longest: longest, clock)


def status_of(store: Store, user_id: str) -> Status:
    return store.latest([user_id])[1][user_id].status


def test_connection_that_owes_a_pong_is_not_renewed(connections: Connections, clock: Clock) -> None:
    """Who answered no ping for ping + timeout is left to run out, whatever the socket says."""
    connections.add(ANN, "")
    connections.add(BEN, "")
    clock.passes(QUICK.alive_ms)
    assert len(connections.alive()) == 2
    connections.seen("b1")
    clock.passes(1)
    assert [local.ref for local in connections.alive()] == [BEN]


def test_sign_of_life_of_a_connection_that_left_changes_nothing(
    connections: Connections,
) -> None:
    """A late heartbeat does not bring a closed connection back."""
    connections.add(ANN, "")
    assert connections.close("a1") == ANN
    connections.seen("a1")
    assert connections.alive() == []
    assert connections.close("a1") is None


def test_hidden_tab_is_away_at_the_time_since_it_was_first_hidden(
    connections: Connections, clock: Clock
) -> None:
    """Hiding again, or granting again, does not begin the time to away anew."""
    local = connections.add(ANN, "")
    connections.show(local, visible=False, idle=False)
    clock.passes(100)
    connections.show(local, visible=False, idle=False)
    assert connections.lease_of(local).away_in_ms == QUICK.hidden_away_ms - 100
    clock.passes(60_000)
    assert connections.lease_of(local).away_in_ms == 0
    connections.show(local, visible=True, idle=True)
    assert connections.lease_of(local).away_in_ms == 0
    connections.show(local, visible=True, idle=False)
    assert connections.lease_of(local) == Lease("ann", "a1", None, "")


def test_those_that_left_are_remembered_for_one_lease(
    connections: Connections, clock: Clock
) -> None:
    """A store that comes back is told who left and when; after a lease it knows by itself."""
    connections.add(ANN, "")
    connections.add(BEN, "")
    connections.close("a1")
    clock.passes(700)
    connections.revoke("b1")
    assert connections.closed() == {ANN: 700}
    clock.passes(QUICK.lease_ms - 690)
    assert connections.closed() == {}
    assert connections.revoked() == [BEN]


def test_those_that_left_long_ago_take_no_memory(connections: Connections, clock: Clock) -> None:
    """A worker that sees a million tabs come and go remembers only the last lease's worth."""
    for number in range(100):
        connections.add(LeaseRef("ann", f"a{number}"), "")
        connections.close(f"a{number}")
        clock.passes(QUICK.lease_ms / 10)
    assert len(connections._closed_s) <= 12  # nothing else shows what is kept


def test_beat_grants_what_the_store_does_not_know_yet(
    heartbeat: Heartbeat, connections: Connections, store: Store
) -> None:
    """A connection that came while the store was away gets its lease by the next beat."""
    connections.add(ANN, "")
    heartbeat.beat(store.life().place.epoch)
    assert status_of(store, "ann") is Status.ONLINE


def test_beat_grants_again_what_was_ended(
    heartbeat: Heartbeat, connections: Connections, store: Store, clock: Clock
) -> None:
    """A wrong offline is followed by an online within one renewal."""
    connections.add(ANN, "")
    epoch = store.life().place.epoch
    heartbeat.beat(epoch)
    store.revoke(ANN)
    clock.passes(QUICK.renew_ms - 1)
    heartbeat.beat(epoch)
    assert status_of(store, "ann") is Status.OFFLINE
    clock.passes(1)
    heartbeat.beat(epoch)
    assert status_of(store, "ann") is Status.ONLINE
    assert heartbeat.leases_lost == 1


def test_beat_after_the_worker_was_taken_for_dead_grants_all(
    heartbeat: Heartbeat, connections: Connections, store: Store
) -> None:
    """Its leases were shortened: the first beat puts them right, not the next renewal."""
    connections.add(ANN, "")
    epoch = store.life().place.epoch
    heartbeat.beat(epoch)
    heartbeat.beat(epoch)
    store.leave()
    store.revoke(ANN)
    heartbeat.beat(epoch)
    assert status_of(store, "ann") is Status.ONLINE


def test_beat_in_another_epoch_grants_nothing(
    heartbeat: Heartbeat, connections: Connections, store: Store
) -> None:
    """Joining a new epoch is the recovery's work: the beat only says where the store is."""
    connections.add(ANN, "")
    place = heartbeat.beat("a former epoch")
    assert place.epoch == store.life().place.epoch
    assert store.here() == []


class LeavingStore:
    """A store under whose grant the connection leaves: the worst moment to leave."""

    def __init__(self, store: Store, connections: Connections) -> None:
        self._store = store
        self._connections = connections

    def grant(self, leases: list[Lease]) -> Place | None:
        self._connections.close(leases[0].connection_id)
        return self._store.grant(leases)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_grant_that_lands_after_the_close_leaves_no_ghost(
    store: Store, connections: Connections, client: redis.Redis
) -> None:
    """A connection that left while its grant was on the way is closing in the store."""
    local = connections.add(ANN, "")
    leaving = LeavingStore(store, connections)
    grant_all_of(leaving, connections, [local], QUICK.grace_ms)  # type: ignore[arg-type] # a store
    assert store.here() == ["ann"]
    assert b"closed_at" in client.hvals("{p}:v2:connections:ann")[0]
