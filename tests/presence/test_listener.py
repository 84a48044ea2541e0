"""The listener: what it hears is a hint, and a link that died is noticed."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import pytest
import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys
from presence.listener import DEAF_AFTER_S, SELF_TEST_S, Listener, switch_events_on
from presence.store import Store
from presence.terms import Lease, LeaseRef
from presence.timings import Timings
from tests.presence.test_heartbeat import Clock
from tests.support.redis_process import RedisProcess
from tests.support.waiting import wait_until

ANN = LeaseRef("ann", "a1")


class Hearing:
    """A listener that is stepped by the test."""

    def __init__(self, server: RedisProcess, store: Store, workers: Sequence[str]) -> None:
        self.gaps = 0
        self.clock = Clock()
        self._store = store
        self._clients = [server.client(), server.client()]
        self.listener = Listener(
            self._clients[0],
            self._clients[1],
            Keys(),
            store,
            "w1",
            workers=lambda: workers,
            on_gap=self._miss,
            clock=self.clock,
        )

    def hears_until(self, fact: Callable[[], object], what: str) -> None:
        """Step until it is so, as its thread does: a link that broke is built anew."""

        def step_and_look() -> object:
            with contextlib.suppress(PresenceUnavailable):
                self.listener.step()
                self._store.life()  # as other workers would, so that the store's time goes on
            return fact()

        wait_until(step_and_look, 8.0, what)

    def ends(self) -> None:
        self.listener.unsubscribe()
        for client in self._clients:
            client.close()

    def _miss(self) -> None:
        self.gaps += 1


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    """A store with the default timings: a slow machine is not taken for one that stood still."""
    return make_store(timings=Timings())


@pytest.fixture
def hearing(empty_redis: RedisProcess, store: Store) -> Iterator[Hearing]:
    """A listener of the only worker."""
    listener = Hearing(empty_redis, store, ["w1"])
    yield listener
    listener.ends()


def run_out(client: redis.Redis, keys: Keys, ref: LeaseRef) -> None:
    """The lease is due and its key expires now, and Redis tells of it."""
    client.zadd(keys.deadlines, {f"l {ref.user_id} {ref.connection_id}": 1})
    client.pexpire(keys.lease(ref), 1)
    wait_until(lambda: not client.exists(keys.lease(ref)), 2.0, "the key expired")


def test_expired_event_ends_the_lease_that_is_due(
    hearing: Hearing, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """The event of a lease that ran out ends it at once, without the sweep."""
    store.grant([Lease("ann", "a1")])
    hearing.hears_until(lambda: hearing.listener.hears, "the own probe is heard")
    run_out(client, keys, ANN)
    hearing.hears_until(lambda: hearing.listener.ended == 1, "the event is heard")
    assert store.here() == []


def test_expired_event_of_a_lease_that_lives_is_not_believed(
    hearing: Hearing, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A renewal on the edge fires `expired` too: the deadline says that the user lives."""
    store.grant([Lease("ann", "a1"), Lease("ben", "b1")])
    hearing.hears_until(lambda: hearing.listener.hears, "the own probe is heard")
    client.pexpire(keys.lease(ANN), 1)
    wait_until(lambda: not client.exists(keys.lease(ANN)), 2.0, "the key expired")
    run_out(client, keys, LeaseRef("ben", "b1"))
    hearing.hears_until(lambda: hearing.listener.ended == 1, "the later event is heard")
    assert store.here() == ["ann"]


def test_event_is_asked_about_by_one_worker_only(empty_redis: RedisProcess, store: Store) -> None:
    """All workers hear all events; each lease is one worker's to ask about."""
    names = ["w1", "w2", "w3"]
    listeners = []
    for name in names:
        listener = Hearing(empty_redis, store, names).listener
        listener._worker_id = name
        listeners.append(listener)
    leases = [LeaseRef("ann", f"c{number}") for number in range(300)]
    shares = [sum(listener._is_mine(lease) for lease in leases) for listener in listeners]
    assert sum(shares) == 300
    assert min(shares) > 50


def test_each_subscription_is_a_gap(hearing: Hearing, client: redis.Redis) -> None:
    """redis-py reconnects without a word; what was missed meanwhile is swept at once."""
    hearing.hears_until(lambda: hearing.gaps == 1, "the first subscription is confirmed")
    client.client_kill_filter(_type="pubsub")
    hearing.hears_until(lambda: hearing.gaps == 2, "the resubscription is noticed")


def test_link_that_hears_nothing_is_built_anew(hearing: Hearing, client: redis.Redis) -> None:
    """A link that is silent although a probe expired is deaf: it is replaced, flags and all."""
    hearing.hears_until(lambda: hearing.listener.hears, "the own probe is heard")
    client.config_set("notify-keyspace-events", "")
    hearing.clock.passes((DEAF_AFTER_S + 1) * 1000)
    hearing.hears_until(lambda: hearing.gaps == 2, "the link is built anew")
    hearing.hears_until(lambda: hearing.listener.hears, "the own probe is heard again")


def test_self_test_that_fails_is_a_warning(
    hearing: Hearing,
    client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where events stay away although nobody forbade them, the log says so once."""
    monkeypatch.setattr("presence.listener.switch_events_on", lambda _: True)
    client.config_set("notify-keyspace-events", "")
    hearing.hears_until(lambda: hearing.gaps == 1, "the subscription is confirmed")
    for _ in range(3):
        hearing.clock.passes((SELF_TEST_S + 0.1) * 1000)
        hearing.listener.step()
    assert not hearing.listener.hears
    ours = [record.message for record in caplog.records if record.name.startswith("presence")]
    assert ours == ["presence hears no expired events; the sweep works alone"]


def test_probe_age_is_the_time_since_the_probe_was_heard(hearing: Hearing) -> None:
    """The metric by which an operator sees a deaf listener."""
    assert hearing.listener.probe_age_ms() is None
    hearing.hears_until(lambda: hearing.listener.hears, "the own probe is heard")
    hearing.clock.passes(2_000)
    assert hearing.listener.probe_age_ms() == 2_000


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("", "xE"), ("E", "xE"), ("$K", "$xKE"), ("AE", "AE"), ("Ex", "xE")],
)
def test_flags_are_added_never_replaced(client: redis.Redis, flags: str, expected: str) -> None:
    """Another application's notifications on the same Redis go on as before."""
    client.config_set("notify-keyspace-events", flags)
    assert switch_events_on(client)
    after = str(client.config_get("notify-keyspace-events")["notify-keyspace-events"])
    assert sorted(after) == sorted(expected)
    client.config_set("notify-keyspace-events", "Ex")


def test_forbidden_configuration_is_a_warning(
    empty_redis: RedisProcess, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A managed Redis may forbid CONFIG: the sweep works alone, and the log says so."""
    client.acl_setuser("guest", enabled=True, nopass=True, commands=["+@all", "-config"], keys="*")
    guest = redis.Redis(port=empty_redis.port, username="guest", password="-")
    assert not switch_events_on(guest)
    guest.close()
    client.acl_deluser("guest")
    assert "the sweep works alone" in caplog.text
