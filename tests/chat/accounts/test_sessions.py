"""The registry of sessions, with a clock that is moved."""

import threading
from functools import partial

import argon2
import pytest
from sqlalchemy import delete, select, update

from chat import errors, redis_client
from chat.accounts.attempts import Attempts
from chat.accounts.models import users
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts, Browser, User
from chat.accounts.sessions import Begun, Sessions
from chat.blocking import BlockingPool
from chat.db import Database
from chat.ids import SessionId, UserId
from chat.terms import ADMIN, USER
from tests.chat.conftest import MovedClock
from tests.chat.house import at_once
from tests.support.redis_process import RedisProcess

IDLE_S, MAX_S = 1800, 86_400


class World:
    """A registry with one user, and what it told of."""

    def __init__(self, db: Database, redis: RedisProcess, clock: MovedClock) -> None:
        self.db, self.clock = db, clock
        self.ended: list[tuple[list[SessionId], str]] = []
        self.client = redis_client.connect(redis.url, 2)
        self.sessions = Sessions(
            db,
            self.client,
            idle_s=IDLE_S,
            max_s=MAX_S,
            on_ended=lambda ids, code: self.ended.append((list(ids), code)),
            now_ms=clock,
        )
        attempts = Attempts(
            self.client,
            per_account="10/minute",
            per_address="99/minute",
            sign_ups_per_address="99/minute",
        )
        self.roles: list[tuple[UserId, str]] = []
        self.accounts = Accounts(
            db,
            Passwords(BlockingPool(2)),
            self.sessions,
            attempts,
            may_sign_up=True,
            now_ms=clock,
            on_role=lambda user_id, role: self.roles.append((user_id, role)),
        )
        self.ann = self.accounts.create("ann", "correct horse").id

    def begins(self, user_id: UserId | None = None) -> Begun:
        """Return a new session of ann, or of the user."""
        return self.sessions.begin(user_id or self.ann, user_agent="tests", csrf_seed="seed")


@pytest.fixture
def world(db: Database, redis_server: RedisProcess, moved_clock: MovedClock) -> World:
    """A registry on each database."""
    redis_server.flush()
    return World(db, redis_server, moved_clock)


def test_session_used_within_the_idle_limit_goes_on(world: World) -> None:
    """Each use renews the idle limit."""
    session_id = world.begins().session.id
    for _ in range(5):
        world.clock.passes(IDLE_S - 1)
        assert world.sessions.identity(session_id) is not None


def test_session_unused_is_over_after_the_idle_limit(world: World) -> None:
    """One second past the limit nobody is signed in."""
    begun = world.begins()
    world.clock.passes(IDLE_S + 1)
    assert world.sessions.identity(begun.session.id) is None
    assert world.sessions.kept(begun.sid) is None
    assert world.sessions.ended([begun.session.id]) == {begun.session.id: "expired"}


def test_session_is_over_after_the_absolute_limit_however_busy(world: World) -> None:
    """Use does not carry a session past the absolute limit."""
    session_id = world.begins().session.id
    for _ in range(MAX_S // (IDLE_S - 1)):
        world.clock.passes(IDLE_S - 1)
        world.sessions.touch([session_id])
    assert live_of(world, [session_id]) == {session_id}
    world.clock.passes(MAX_S - MAX_S // (IDLE_S - 1) * (IDLE_S - 1))
    assert live_of(world, [session_id]) == set()


def test_touch_by_a_live_socket_renews_without_a_request(world: World) -> None:
    """Who only listens stays signed in as long as his connection lives."""
    session_id = world.begins().session.id
    for _ in range(3):
        world.clock.passes(IDLE_S - 1)
        world.sessions.touch([session_id])
    assert live_of(world, [session_id]) == {session_id}


def test_touch_writes_at_most_once_a_minute(world: World) -> None:
    """A beat every few seconds costs one write a minute."""
    session_id = world.begins().session.id
    world.clock.passes(59)
    world.sessions.touch([session_id])
    (untouched,) = world.sessions.of_user(world.ann)
    world.clock.passes(1)
    world.sessions.touch([session_id])
    (touched,) = world.sessions.of_user(world.ann)
    assert untouched.seen_at_ms == world.clock.at_ms - 60_000
    assert touched.seen_at_ms == world.clock.at_ms


def test_touch_of_one_session_by_two_workers_writes_it_once(world: World) -> None:
    """Two tabs of one session on two workers beat at once: neither waits for the other."""
    ids = [world.begins().session.id for _ in range(20)]
    world.clock.passes(IDLE_S - 1)
    beats = [threading.Thread(target=world.sessions.touch, args=(ids,)) for _ in range(4)]
    for beat in beats:
        beat.start()
    for beat in beats:
        beat.join()
    world.clock.passes(IDLE_S - 1)
    assert live_of(world, ids) == set(ids)


def test_user_agent_of_anything_is_kept_readable(world: World) -> None:
    """What cannot be stored or shown of the header is left out, and the rest is cut."""
    agent = "Browser\x00\x1b[31m \xff" + "x" * 1000
    world.sessions.begin(world.ann, user_agent=agent, csrf_seed="")
    (kept,) = world.sessions.of_user(world.ann)
    assert kept.user_agent == ("Browser[31m \xff" + "x" * 1000)[:256]


def test_touch_does_not_revive_what_ended(world: World) -> None:
    """A live socket of an ended session renews nothing."""
    session_id = world.begins().session.id
    world.sessions.end(session_id, "revoked")
    world.clock.passes(61)
    world.sessions.touch([session_id])
    assert live_of(world, [session_id]) == set()


def test_touch_of_many_sessions_reaches_each(world: World) -> None:
    """Batches of sessions lose none: 1 200 of them live on."""
    ids = [world.begins().session.id for _ in range(1200)]
    world.clock.passes(IDLE_S - 1)
    world.sessions.touch(ids)
    world.clock.passes(IDLE_S - 1)
    assert live_of(world, ids) == set(ids)


def test_end_tells_once_with_the_code(world: World) -> None:
    """The live side hears of an end once, however often it is asked for."""
    session_id = world.begins().session.id
    world.sessions.end(session_id, "signed_out")
    world.sessions.end(session_id, "revoked")
    assert world.ended == [([session_id], "signed_out")]
    assert world.sessions.ended([session_id]) == {session_id: "signed_out"}


def test_end_others_keeps_one_and_names_the_rest(world: World) -> None:
    """All but the kept one end together."""
    kept, *others = [world.begins().session.id for _ in range(3)]
    assert world.sessions.end_others(world.ann, kept, "revoked") == 2
    assert [(set(ids), code) for ids, code in world.ended] == [(set(others), "revoked")]
    assert live_of(world, [kept, *others]) == {kept}


def test_end_of_a_session_of_somebody_else_is_not_found(world: World) -> None:
    """A user ends his own sessions alone."""
    bob = world.accounts.create("bob", "correct horse").id
    session_id = world.begins().session.id
    with pytest.raises(errors.NotFound):
        world.sessions.end_of_user(bob, session_id, "revoked")
    assert live_of(world, [session_id]) == {session_id}


def test_begin_forgets_rows_past_the_absolute_limit(world: World) -> None:
    """The table does not grow with every sign-in of a lifetime."""
    old = world.begins()
    world.clock.passes(MAX_S)
    world.begins()
    world.clock.at_ms = old.session.created_at_ms
    assert world.sessions.kept(old.sid) is None


def test_banned_user_has_no_live_session(world: World) -> None:
    """A ban is felt by every session, and named to who asks."""
    session_id = world.begins().session.id
    with world.db.transaction() as sql:
        sql.execute(update(users).where(users.c.id == world.ann).values(banned_at_ms=1))
    assert world.sessions.ended([session_id]) == {session_id: "banned"}
    with pytest.raises(errors.Banned):
        world.sessions.identity(session_id)
    with pytest.raises(errors.Banned):
        world.accounts.sign_in("ann", "correct horse", Browser("127.0.0.1", "", ""))


def test_password_hashed_at_other_costs_is_hashed_anew_at_sign_in(world: World) -> None:
    """Raising the costs reaches everybody who signs in."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    with world.db.transaction() as sql:
        sql.execute(update(users).values(password_hash=cheap.hash("correct horse")))
    browser = Browser("127.0.0.1", "", "")
    world.accounts.sign_in("ann", "correct horse", browser)
    with world.db.reading() as sql:
        kept = sql.scalar(select(users.c.password_hash))
    assert "m=19456,t=2,p=1" in str(kept)
    assert world.accounts.sign_in("ann", "correct horse", browser).user.id == world.ann


def test_guesses_at_once_do_not_slip_past_the_limit(world: World) -> None:
    """Thirty guesses at the same time are counted as if they came one by one."""
    outcomes: list[str] = []

    def guess() -> None:
        try:
            world.accounts.sign_in("ann", "a wrong guess", Browser("127.0.0.1", "", ""))
        except errors.ChatError as refusal:
            outcomes.append(refusal.code)

    guesses = [threading.Thread(target=guess) for _ in range(30)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join()
    assert outcomes.count("wrong_password") == 10
    assert outcomes.count("too_many_attempts") == 20


def test_names_at_once_are_given_to_one(world: World) -> None:
    """Ten sign-ups under one name at the same time make one account."""
    outcomes: list[str] = []

    def sign_up() -> None:
        try:
            outcomes.append(world.accounts.create("carol", "correct horse").username)
        except errors.UsernameTaken as refusal:
            outcomes.append(refusal.code)

    rivals = [threading.Thread(target=sign_up) for _ in range(10)]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join()
    assert sorted(outcomes) == ["carol"] + ["username_taken"] * 9


def test_reset_password_ends_every_session_and_takes_the_new_one(world: World) -> None:
    """After a reset the old password is wrong, the new one right, and no device signed in."""
    session_id = world.begins().session.id
    assert world.accounts.reset_password("Ann", "battery staple") == 1
    browser = Browser("127.0.0.1", "", "")
    with pytest.raises(errors.WrongPassword):
        world.accounts.sign_in("ann", "correct horse", browser)
    assert world.accounts.sign_in("ann", "battery staple", browser).user.id == world.ann
    assert world.ended == [([session_id], "password_changed")]


def test_role_follows_the_user_at_the_next_request(world: World) -> None:
    """The session of a user who was made an administrator is one, without signing in again."""
    bob = world.accounts.create("bob", "correct horse").id
    session_id = world.begins(bob).session.id

    world.accounts.set_role("BOB", ADMIN)

    identity = world.sessions.identity(session_id)
    assert identity is not None
    assert identity.is_admin
    assert world.roles == [(bob, ADMIN)]
    assert world.sessions.admins() == {world.ann, bob}
    world.accounts.set_role("bob", USER)
    assert [user.username for user in world.accounts.admins()] == ["ann"]


def test_nobody_becomes_an_administrator_who_has_no_account(world: World) -> None:
    """A role is given to an account, or the operator is told that there is none."""
    with pytest.raises(errors.NotFound):
        world.accounts.set_role("nobody", ADMIN)
    assert world.roles == []


def test_one_of_many_first_accounts_is_the_administrator(world: World) -> None:
    """Accounts that are made at once in an empty installation have one administrator."""
    with world.db.transaction() as sql:
        sql.execute(delete(users))
    together = threading.Barrier(8)

    def joins(name: str) -> None:
        with world.db.reading() as sql:  # so that each has its link to the database already
            sql.execute(select(users.c.id)).all()
        together.wait()
        # Without the hash, whose few threads would let them in one by one.
        world.accounts._insert(User(UserId(name), name, name), "none", 1)

    assert at_once(*(partial(joins, f"user{n}") for n in range(8))) == []
    assert len(world.accounts.admins()) == 1


def live_of(world: World, session_ids: list[SessionId]) -> set[SessionId]:
    """Return those of the sessions that have not ended."""
    return set(session_ids) - world.sessions.ended(session_ids).keys()
