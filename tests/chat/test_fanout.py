"""Fan-out: each audience gets what is its own, on both workers, and nobody else anything."""

from collections.abc import Callable, Iterator

import pytest

from chat import wire
from chat.fanout import EmptyAudienceError
from chat.ids import RoomId, SessionId, UserId
from chat.terms import ADMIN, USER
from tests.chat.live_parts import Worker
from tests.support import waiting
from tests.support.redis_process import RedisProcess

WaitUntil = Callable[[Callable[[], object], float, str], object]
LOBBY, ATTIC = RoomId("lobby"), RoomId("attic")
LEFT = wire.RoomLeft(room_id="lobby")


@pytest.fixture
def workers(redis_server: RedisProcess) -> Iterator[tuple[Worker, Worker]]:
    """Two workers on one Redis, their buses running."""
    redis_server.flush()
    pair = Worker(redis_server.url), Worker(redis_server.url)
    for worker in pair:
        worker.bus.start()
    waiting.wait_until(lambda: all(one.bus.is_reading for one in pair), 5, "both buses read")
    yield pair
    for worker in pair:
        worker.stops()


def room_of(room_id: str) -> wire.RoomBody:
    """Return a room as a member sees it."""
    room = wire.Room(
        id=room_id,
        kind="room",
        name=room_id,
        visibility="public",
        topic="",
        description="",
        is_archived=False,
        slow_mode_s=0,
        keep_days=0,
        first_seq=1,
        last_seq=0,
        last_at_ms=None,
        rev=0,
        member_count=1,
        is_member=True,
        role="member",
        read_seq=0,
        unread=0,
        mentions=0,
        favourite=False,
        position=None,
        place_version=0,
    )
    return wire.RoomBody(room=room)


def test_room_event_reaches_its_members_on_both_workers_once(
    workers: tuple[Worker, Worker], wait_until: WaitUntil
) -> None:
    """Members here get it at once, members there by the bus, others not at all."""
    here, there = workers
    near, far, outside = here.opens("ann", "lobby"), there.opens("bob", "lobby"), there.opens("eve")

    here.fanout.to_room(LOBBY, "room:left", LEFT)
    assert here.screens.names(near) == ["room:left"]

    wait_until(lambda: there.screens.names(far), 5, "the other worker's member gets it")
    here.fanout.to_room(LOBBY, "room:left", LEFT)
    wait_until(lambda: len(there.screens.names(far)) == 2, 5, "the second comes too")
    assert there.screens.names(outside) == []
    assert len(here.screens.names(near)) == 2


def test_one_event_is_one_packet_for_all_recipients(workers: tuple[Worker, Worker]) -> None:
    """The frame is encoded once: recipients share the very same packet."""
    here, _ = workers
    tabs = [here.opens(f"user{n}", "lobby") for n in range(3)]

    here.fanout.to_room(LOBBY, "room:left", LEFT)

    assert len({id(here.screens.packets[tab.eio_sid][0]) for tab in tabs}) == 1


def test_empty_audience_is_refused(workers: tuple[Worker, Worker]) -> None:
    """An event without an audience raises: with Socket.IO's emit it would reach everybody."""
    here, _ = workers
    tab = here.opens("ann", "lobby")

    with pytest.raises(EmptyAudienceError):
        here.fanout.to_room(RoomId(""), "room:left", LEFT)
    with pytest.raises(EmptyAudienceError):
        here.fanout.to_user(UserId(""), "room:left", LEFT)
    with pytest.raises(EmptyAudienceError):
        here.fanout.user_left(UserId(""), LOBBY, "left")

    assert here.screens.names(tab) == []


def test_event_that_is_not_on_the_wire_is_refused(workers: tuple[Worker, Worker]) -> None:
    """Only events of chat/wire, with their own shape, can be sent."""
    here, _ = workers

    with pytest.raises(KeyError):
        here.fanout.to_room(LOBBY, "room:invented", LEFT)
    with pytest.raises(TypeError):
        here.fanout.to_room(LOBBY, "room:left", wire.Done())


def test_user_who_joins_is_in_the_room_on_both_workers(
    workers: tuple[Worker, Worker], wait_until: WaitUntil
) -> None:
    """Live connections of the user enter at once, are told, and leave as fast."""
    here, there = workers
    near, far = here.opens("ann"), there.opens("ann")

    here.fanout.user_joined(UserId("ann"), LOBBY, room_of("lobby"))
    assert near.rooms == {LOBBY}
    wait_until(lambda: far.rooms == {LOBBY}, 5, "the other worker's tab enters")
    assert there.screens.names(far) == ["room:joined"]

    there.fanout.user_left(UserId("ann"), LOBBY, "kicked")
    assert far.rooms == frozenset()
    wait_until(lambda: near.rooms == frozenset(), 5, "the other worker's tab leaves")
    assert here.screens.names(near) == ["room:joined", "room:left"]


def test_ended_sessions_are_cut_on_both_workers(
    workers: tuple[Worker, Worker], wait_until: WaitUntil
) -> None:
    """Every worker hears which sessions ended, and why."""
    here, there = workers

    here.fanout.end_sessions([SessionId("one"), SessionId("two")], "revoked")

    assert here.cut == [(["one", "two"], "revoked")]
    wait_until(lambda: there.cut, 5, "the other worker cuts them")
    assert there.cut == here.cut


def test_no_ended_session_is_nobody(workers: tuple[Worker, Worker]) -> None:
    """Ending no session cuts nobody."""
    here, _ = workers

    here.fanout.end_sessions([], "revoked")

    assert here.cut == []


def test_role_reaches_the_users_connections_on_both_workers(
    workers: tuple[Worker, Worker], wait_until: WaitUntil
) -> None:
    """Each acts in the new role and is told; a role that it has already is no news."""
    here, there = workers
    near, far, other = here.opens("ann"), there.opens("ann"), there.opens("bob")

    here.fanout.role_changed(near.user_id, ADMIN)
    wait_until(lambda: far.identity.is_admin, 5, "the other worker's connection administers")
    here.fanout.role_changed(near.user_id, ADMIN)
    here.fanout.role_changed(near.user_id, USER)
    wait_until(lambda: not far.identity.is_admin, 5, "the other worker's is a user again")

    assert not near.identity.is_admin
    assert (
        here.screens.of(near)
        == there.screens.of(far)
        == [
            ("session:role", {"role": "admin"}),
            ("session:role", {"role": "user"}),
        ]
    )
    assert there.screens.names(other) == []


def test_kind_of_a_newer_version_is_left_out(
    workers: tuple[Worker, Worker], wait_until: WaitUntil, caplog: pytest.LogCaptureFixture
) -> None:
    """During an upgrade a newer worker may tell what this one does not know; it goes on."""
    here, there = workers
    far = there.opens("bob", "lobby")

    here.bus.publish("kind-of-tomorrow", "lobby", "frame")
    here.fanout.to_room(LOBBY, "room:left", LEFT)

    wait_until(lambda: there.screens.names(far) == ["room:left"], 5, "what it knows still comes")
    assert [record for record in caplog.records if record.exc_info] == []
