"""The log as a worker follows it, and the view that it tells."""

import contextlib
from collections.abc import Iterator, Sequence

import pytest
import redis

from presence.errors import PresenceUnavailable
from presence.keys import Keys
from presence.log import RECENT_MAX, LogReader, View
from presence.store import Store
from presence.terms import Lease, LeaseRef, Place, Shown, Status, Transition
from tests.support.redis_process import RedisProcess


def transition(rev: int, user_id: str, status: Status) -> Transition:
    return Transition(rev, user_id, status, rev, 0, None, "connected", "w1")


class Followed:
    """A reader with its view, and what both reported."""

    def __init__(self, server: RedisProcess) -> None:
        self.told: list[tuple[str, int, str]] = []
        self.gaps = 0
        self.strangers: list[str] = []
        self.client = server.client()
        self.view = View(self._hear)
        self.reader = LogReader(
            self.client, Keys(), self.view, on_gap=self._miss, on_stranger=self.strangers.append
        )

    def _hear(self, epoch: str, transitions: Sequence[Transition]) -> None:
        self.told += [(epoch, told.rev, told.user_id) for told in transitions]

    def _miss(self) -> None:
        self.gaps += 1


@pytest.fixture
def followed(empty_redis: RedisProcess) -> Iterator[Followed]:
    """A reader that has no place yet."""
    follower = Followed(empty_redis)
    yield follower
    follower.client.close()


def come(store: Store, *users: str) -> Place:
    place = store.grant([Lease(user, f"{user}-1") for user in users])
    assert place is not None
    return place


def test_view_tells_only_what_changes_something() -> None:
    """A transition to what viewers see already is told to nobody."""
    told: list[int] = []
    view = View(lambda _, transitions: told.extend(t.rev for t in transitions))
    view.tell(Place("e", 2), [transition(1, "ann", Status.ONLINE)])
    view.tell(
        Place("e", 4),
        [transition(2, "ann", Status.ONLINE), transition(3, "ben", Status.OFFLINE)],
    )
    view.tell(Place("e", 5), [transition(4, "ann", Status.OFFLINE)])
    assert told == [1, 4]
    assert (view.present(), view.rev) == ({}, 5)


def test_view_goes_on_after_a_listener_that_raised(caplog: pytest.LogCaptureFixture) -> None:
    """A broken fan-out is logged; the next transition is told all the same."""
    told: list[int] = []

    def hear(_: str, transitions: Sequence[Transition]) -> None:
        told.append(transitions[0].rev)
        raise RuntimeError("fan-out broke")

    view = View(hear)
    view.tell(Place("e", 1), [transition(1, "ann", Status.ONLINE)])
    view.tell(Place("e", 2), [transition(2, "ann", Status.AWAY)])
    assert told == [1, 2]
    assert "fan-out broke" in caplog.text


def test_view_that_is_seeded_tells_nothing() -> None:
    """A worker that joins takes the present state as known."""
    told: list[int] = []
    view = View(lambda _, transitions: told.extend(t.rev for t in transitions))
    view.seed([transition(7, "ann", Status.AWAY)], 7)
    assert (told, view.present(), view.rev) == ([], {"ann": Shown(Status.AWAY)}, 7)


def test_reader_tells_what_comes_after_its_place_in_order(followed: Followed, store: Store) -> None:
    """From its place on, every transition is told once, in the order of the log."""
    place = come(store, "ann")
    followed.reader.start_at(place)
    come(store, "ben", "cid")
    followed.reader.step()
    come(store, "dan")
    followed.reader.step()
    epoch = place.epoch
    assert followed.told == [(epoch, 2, "ben"), (epoch, 3, "cid"), (epoch, 4, "dan")]


def test_reader_knows_what_the_store_would_tell_from_any_place_it_passed(
    followed: Followed, store: Store
) -> None:
    """What is answered from memory is what the store answers, entry for entry."""
    place = come(store, "ann")
    followed.reader.start_at(place)
    come(store, "ben", "cid")
    followed.reader.step()
    store.shorten({LeaseRef("ben", "ben-1"): 0}, 0)
    come(store, "dan")
    followed.reader.step()

    assert followed.view.rev > place.rev + 2
    for rev in range(place.rev, followed.view.rev):
        assert followed.reader.read_after(place.epoch, rev)
        assert (
            followed.reader.read_after(place.epoch, rev)
            == store.since(place.epoch, rev).transitions
        )


def test_reader_knows_nothing_of_what_it_did_not_follow(followed: Followed, store: Store) -> None:
    """Before its place, beyond it, of another epoch and after a new place the store is asked."""
    place = come(store, "ann", "ben")
    followed.reader.start_at(place)
    come(store, "cid")
    followed.reader.step()
    assert followed.reader.read_after(place.epoch, place.rev)

    for epoch, off in [(place.epoch, -1), (place.epoch, 1), (place.epoch, 2), ("another", 0)]:
        assert followed.reader.read_after(epoch, place.rev + off) == ()
    followed.reader.start_at(Place(place.epoch, place.rev + 1))
    assert followed.reader.read_after(place.epoch, place.rev) == ()
    followed.reader.pause()
    assert followed.reader.read_after(place.epoch, place.rev) == ()


def test_reader_keeps_no_more_than_the_store_tells_at_once(followed: Followed) -> None:
    """Its memory is bounded, and what fell out of it is asked of the store."""
    followed.reader.start_at(Place("e", 0))
    entries = [
        ("e", transition(rev, "ann", Status.ONLINE if rev % 2 else Status.AWAY))
        for rev in range(1, RECENT_MAX + 11)
    ]
    followed.reader._follow(Place("e", 0), entries)  # as `step` does with what it read

    assert followed.reader.read_after("e", 9) == ()
    kept = followed.reader.read_after("e", 10)
    assert [one.rev for one in kept] == list(range(11, RECENT_MAX + 11))


def test_reader_that_is_paused_tells_nothing(followed: Followed, store: Store) -> None:
    """During a recovery the log is not told."""
    followed.reader.start_at(store.life().place)
    followed.reader.pause()
    come(store, "ann")
    followed.reader.step()
    assert followed.told == []


def test_reader_notices_entries_that_were_trimmed_unread(
    followed: Followed, store: Store, client: redis.Redis, keys: Keys
) -> None:
    """A hole in the revs is a gap: it is reported, and nothing after it is told."""
    followed.reader.start_at(store.life().place)
    come(store, "ann", "ben", "cid")
    client.xtrim(keys.log, maxlen=1, approximate=False)
    followed.reader.step()
    assert (followed.gaps, followed.told) == (1, [])


def test_reader_takes_no_entry_of_another_epoch_for_its_own(
    followed: Followed, store: Store, client: redis.Redis
) -> None:
    """A store that began anew reaches the same revs again: its entries are a stranger's."""
    followed.reader.start_at(come(store, "ann"))
    client.flushall()
    place = come(store, "ben", "cid")
    followed.reader.step()
    assert (followed.strangers, followed.told) == ([place.epoch], [])


def test_reader_whose_link_is_cut_misses_nothing(
    followed: Followed, store: Store, client: redis.Redis
) -> None:
    """A link that was killed costs at most an error: what was written meanwhile is told."""
    followed.reader.start_at(come(store, "ann"))
    come(store, "ben")
    followed.reader.step()
    client.client_kill_filter(_type="normal", skipme=True)
    come(store, "cid")
    with contextlib.suppress(PresenceUnavailable):
        followed.reader.step()
    followed.reader.step()
    assert [user for _, _, user in followed.told] == ["ben", "cid"]


def test_reader_behind_for_too_long_has_its_link_cut(
    followed: Followed, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that hangs on a dead link is noticed by what the others know."""
    place = come(store, "ann")
    followed.reader.start_at(place)
    assert followed.reader.reaches(place.rev + 5)
    monkeypatch.setattr("presence.log.DEAF_AFTER_S", 0.0)  # so much later
    assert not followed.reader.reaches(place.rev + 5)
    monkeypatch.undo()
    assert followed.reader.reaches(place.rev + 5), "a new link has its time"


def test_link_that_is_cut_under_the_reader_is_a_log_that_is_away(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The buffer that redis-py reads into is closed: the reader goes on, as after any loss."""
    followed.reader.start_at(Place("e", 1))
    connection = followed.client.connection_pool.get_connection()
    monkeypatch.setattr(connection, "read_response", _reads_from_a_closed_file)
    followed.client.connection_pool.release(connection)

    with pytest.raises(PresenceUnavailable):
        followed.reader.step()


def _reads_from_a_closed_file(*_: object, **__: object) -> None:
    raise ValueError("I/O operation on closed file.")


def test_lease_refs_are_values() -> None:
    """Two names of one lease are the same name."""
    assert {LeaseRef("a", "b"), LeaseRef("a", "b")} == {LeaseRef("a", "b")}
