"""Messages that arrive together: one transaction, one order, and nobody fails for a neighbour."""

import contextlib
import itertools
import threading
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from chat import wire
from chat.errors import Archived, ClientIdUsed, Invalid, NotFound, NotMember
from chat.ids import RoomId, UserId
from chat.messages.service import Messages
from chat.search.index import Index
from chat.terms import Head, Identity
from tests.chat.house import House, at_once, directly
from tests.support.waiting import wait_until

_numbers = itertools.count(1)
Outcome = tuple[wire.Message, bool] | Exception


class Crowd:
    """Posts that arrive at a worker while it is telling of another, in the order of `sends`."""

    def __init__(self, house: House, author: Identity, room_id: RoomId) -> None:
        """The worker is busy from now on, with a message of the author."""
        self.worker = another_worker(house)
        self._posting = self.worker._posting
        self._room = (author, room_id)
        self._door = threading.Event()
        self._is_telling = threading.Event()
        self._posting._tell = self  # type: ignore[assignment]
        self._tell = house.told
        self.outcomes: dict[str, Outcome] = {}
        self._threads: list[threading.Thread] = []
        self._start("first", author, wire.MessagePost(room_id, "first", "first"))
        assert self._is_telling.wait(30)

    def to_room(self, room_id: RoomId, name: str, answer: wire.Answer) -> None:
        """Tell, once the door is open."""
        self._is_telling.set()
        assert self._door.wait(30)
        self._tell.to_room(room_id, name, answer)

    def sends(self, name: str, author: Identity, request: wire.MessagePost) -> None:
        """The post stands in line behind those before it; its outcome gets the name."""
        line = self._posting._line
        before = len(line)
        self._start(name, author, request)
        wait_until(lambda: len(line) > before, 30, "the post stands in line")

    def arrives(self) -> dict[str, Outcome]:
        """All of them were answered."""
        self._door.set()
        for thread in self._threads:
            thread.join(30)
        return self.outcomes

    def _start(self, name: str, author: Identity, request: wire.MessagePost) -> None:
        def post() -> None:
            try:
                self.outcomes[name] = self.worker.post(author, request)
            except Exception as error:  # noqa: BLE001 - carried over to the test's own thread
                self.outcomes[name] = error

        self._threads.append(threading.Thread(target=post))
        self._threads[-1].start()


def another_worker(house: House) -> Messages:
    """Return messages of the same database, as another process would have them."""
    parts = (house.db, house.rooms, house.now_ms, directly, house.told)
    return Messages(*parts, mentioned=house.mentions, index=Index())


def commits(house: House) -> Callable[[], int]:
    """Return how many transactions have been committed since this call."""
    seen: list[object] = []
    event.listen(house.db.engine, "commit", seen.append)
    return lambda: len(seen)


def seqs_of(outcomes: dict[str, Outcome]) -> dict[str, int]:
    """Return the seq of each post that went through."""
    return {name: one[0].seq for name, one in outcomes.items() if isinstance(one, tuple)}


def test_posts_that_arrive_together_share_a_transaction(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """Ten posts to two rooms are one commit; each room has its own in the order of arrival."""
    attic = house.opens_room(ann, name="Attic")
    crowd, counted = Crowd(house, ann, lobby), commits(house)

    for n in range(10):
        room_id = attic if n % 2 else lobby
        crowd.sends(f"{n}", ann, wire.MessagePost(room_id, f"c{n}", f"post {n}"))
    seqs = seqs_of(crowd.arrives())

    assert counted() == 1
    assert seqs == {"first": 1} | {f"{n}": n // 2 + (1 if n % 2 else 2) for n in range(10)}
    told = [message.seq for message in house.told.messages if message.room_id == lobby]
    assert told == [1, 2, 3, 4, 5, 6]


def test_bad_one_among_many_fails_alone(
    house: House, ann: Identity, bob: Identity, lobby: RoomId
) -> None:
    """Whoever may not post, answers nothing or sends again is told so; all others are stored."""
    closed = house.opens_room(ann, name="Closed")
    house.parts.settings.archive(ann, closed)
    house.posts(ann, lobby, "sent before", client_id="again")
    crowd = Crowd(house, ann, lobby)

    crowd.sends("good 1", ann, wire.MessagePost(lobby, "g1", "good"))
    crowd.sends("no member", bob, wire.MessagePost(lobby, "b1", "bad"))
    crowd.sends("no room", bob, wire.MessagePost("nowhere", "b2", "bad"))
    crowd.sends("no such message", ann, wire.MessagePost(lobby, "b3", "bad", reply_to="nothing"))
    crowd.sends("foreign thread", bob, wire.MessagePost(lobby, "b4", "bad", thread_id="nothing"))
    crowd.sends("archived", ann, wire.MessagePost(closed, "b5", "bad"))
    crowd.sends("again", ann, wire.MessagePost(lobby, "again", "sent before"))
    crowd.sends("another text", ann, wire.MessagePost(lobby, "again", "another"))
    crowd.sends("good 2", ann, wire.MessagePost(lobby, "g2", "good"))
    outcomes = crowd.arrives()

    refused = {name: type(one) for name, one in outcomes.items() if isinstance(one, Exception)}
    assert refused == {
        "no member": NotMember,
        "no room": NotFound,
        "no such message": Invalid,
        "foreign thread": NotMember,
        "archived": Archived,
        "another text": ClientIdUsed,
    }
    assert seqs_of(outcomes) == {"again": 1, "first": 2, "good 1": 3, "good 2": 4}
    assert house.stored_seqs(lobby) == [1, 2, 3, 4]
    told = [message.seq for message in house.told.messages if message.room_id == lobby]
    assert told == [1, 2, 3, 4]


def test_refusal_before_a_seq_was_taken_costs_the_others_no_second_transaction(
    house: House, ann: Identity, bob: Identity, lobby: RoomId
) -> None:
    """Who is no member is left out of the transaction, which is not begun anew for it."""
    crowd, counted = Crowd(house, ann, lobby), commits(house)

    for n in range(3):
        crowd.sends(f"good {n}", ann, wire.MessagePost(lobby, f"g{n}", "good"))
        crowd.sends(f"bad {n}", bob, wire.MessagePost(lobby, f"b{n}", "bad"))
    outcomes = crowd.arrives()

    assert counted() == 1
    assert len(seqs_of(outcomes)) == 4


def test_worker_that_dies_between_commit_and_ack_leaves_one_message(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """What was committed and never acknowledged is the answer when it is sent again elsewhere."""
    dying = another_worker(house)

    class Dead:
        def to_room(self, *_: object) -> None:
            raise SystemExit

    dying._posting._tell = Dead()  # type: ignore[assignment]
    request = wire.MessagePost(lobby, "once", "hi")
    with pytest.raises(SystemExit):
        dying.post(ann, request)

    message, is_new = house.messages.post(ann, request)

    house.told.to_room(lobby, "message:new", message)  # as clients find it by the heads
    assert (message.seq, message.body, is_new) == (1, "hi", False)
    assert house.stored_seqs(lobby) == [1]
    assert house.posts(ann, lobby, "next").seq == 2


def test_kicked_member_cannot_post_on_a_worker_that_was_not_told(
    house: House, ann: Identity, bob: Identity
) -> None:
    """No worker remembers who may post: the statement that takes the seq asks, bus or no bus."""
    room_id = house.opens_room(ann, bob)
    other = another_worker(house)
    other.post(bob, wire.MessagePost(room_id, "in", "in"))

    house.parts.moderation.kick(ann, room_id, bob.user_id, "")

    with pytest.raises(NotMember):
        other.post(bob, wire.MessagePost(room_id, "out", "out"))
    assert house.stored_seqs(room_id) == [1]


def test_workers_that_post_to_the_same_rooms_in_another_order_do_not_deadlock(
    house: House, ann: Identity, lobby: RoomId
) -> None:
    """Each batch locks its rooms in one order, so the second waits for the first at the start."""
    attic = house.opens_room(ann, name="Attic")
    meeting = threading.Barrier(2)
    next_seq = house.rooms.next_seq

    def met(sql: Connection, room_id: RoomId, author_id: UserId) -> Head:
        head = next_seq(sql, room_id, author_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)  # both hold a room by then, unless one waits for the other
        return head

    house.rooms.next_seq = met  # type: ignore[method-assign]  # it lets both come as far as they can
    batches = []
    for number, order in enumerate(((lobby, attic), (attic, lobby))):
        posting = another_worker(house)._posting
        requests = [wire.MessagePost(room_id, f"c{number}", "hi") for room_id in order]
        posts = [posting._prepared(ann, request) for request in requests]
        batches.append(partial(posting._commit_all, posts))

    assert at_once(*batches) == []
    assert house.stored_seqs(lobby) == house.stored_seqs(attic) == [1, 2]


Act = tuple[int, int, int]  # which author, which room, which client id; room 2 is not his


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)),
            min_size=2,
            max_size=6,
        ),
        min_size=4,
        max_size=6,
    )
)
def test_two_workers_number_what_comes_at_once_without_holes(
    house: House, tabs: list[list[Act]]
) -> None:
    """Rooms in any order on two workers: no deadlock, 1..n in each room, one for each client id."""
    number = next(_numbers)
    authors = [house.signs_up(f"author{number}x{n}") for n in range(2)]
    stranger = house.signs_up(f"stranger{number}")
    rooms = [house.opens_room(*authors, name=f"Room {number} {n}") for n in range(2)]
    rooms.append(house.opens_room(stranger, name=f"Foreign {number}"))
    workers = (house.messages, another_worker(house))
    acks: dict[Act, set[str]] = {}

    def post_all(worker: Messages, acts: list[Act]) -> None:
        for act in acts:
            author, room, client = act
            request = wire.MessagePost(rooms[room], f"c{client}", "hi")
            if room < 2:
                message, _ = worker.post(authors[author], request)
                acks.setdefault(act, set()).add(message.id)
            else:
                with pytest.raises(NotMember):
                    worker.post(authors[author], request)

    turns = itertools.cycle(workers)
    raised = at_once(*[partial(post_all, next(turns), acts) for acts in tabs])

    assert raised == []
    assert all(len(ids) == 1 for ids in acks.values())
    for place, room_id in enumerate(rooms):
        wanted = {act for act in acks if act[1] == place}
        assert house.stored_seqs(room_id) == list(range(1, len(wanted) + 1))
