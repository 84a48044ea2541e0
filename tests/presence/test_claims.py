"""What a user claims of himself, on a real Redis: by one store, and by two workers."""

from collections.abc import Callable, Collection

import redis

from presence import Attention, Claim, Claimed, Status, Transition
from presence.keys import Keys
from presence.store import Store
from presence.terms import Lease, LeaseRef
from tests.presence.workers import PATIENCE_S, Worker
from tests.support.redis_process import RedisProcess
from tests.support.waiting import holds_for, wait_until

MakeWorker = Callable[..., Worker]
ONLINE, AWAY, BUSY, OFFLINE = Status.ONLINE, Status.AWAY, Status.BUSY, Status.OFFLINE
ANN = LeaseRef("ann", "a1")
INVISIBLE = Claim(Claimed.INVISIBLE, version=1)


def open_tab(store: Store, *, away_in_ms: int | None = None, claim: Claim | None = None) -> None:
    store.grant([Lease("ann", "a1", away_in_ms, claim=claim)])


def log_of(store: Store) -> list[Transition]:
    place, _ = store.latest([])
    return list(store.since(place.epoch, 0).transitions)


def told(store: Store) -> list[tuple[Status, str, str, str]]:
    return [(t.status, t.text, t.emoji, t.cause) for t in log_of(store)]


def now_of(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return seconds * 1000 + micros // 1000


def test_text_alone_is_a_transition(store: Store) -> None:
    """Viewers must see a new text though the status stays; the same text again is nothing."""
    open_tab(store)
    claim = Claim(text='in a "meeting" / 会议', emoji="📅")
    store.claim("ann", claim)
    store.claim("ann", claim)
    said = (ONLINE, 'in a "meeting" / 会议', "📅", "claimed")
    assert told(store) == [(ONLINE, "", "", "connected"), said]
    seen = store.snapshot(["ann"]).people["ann"]
    assert (seen.status, seen.text, seen.emoji) == said[:3]


def test_words_of_one_are_never_taken_for_anothers(store: Store) -> None:
    """A snapshot comes as lines: a text that holds line ends, or blanks alone, shifts nobody."""
    names = ["ann", "ben", "cyd", "dan"]
    for name in names[:3]:
        store.grant([Lease(name, name)])
    store.claim("ann", Claim(text="one\ntwo\n"))
    store.claim("cyd", Claim(text=" ", emoji="\n"))

    seen = store.snapshot(names).people

    assert {name: (seen[name].text, seen[name].emoji) for name in names} == {
        "ann": ("one\ntwo\n", ""),
        "ben": ("", ""),
        "cyd": (" ", "\n"),
        "dan": ("", ""),
    }
    assert [seen[name].status for name in names] == [ONLINE, ONLINE, ONLINE, OFFLINE]
    assert list(store.latest(names)[1]) == names[:3]


def test_claim_of_away_wins_over_a_tab_in_front(store: Store) -> None:
    """Who says that he is away is away, whatever tab he opens."""
    open_tab(store)
    store.claim("ann", Claim(Claimed.AWAY))
    store.grant([Lease("ann", "a2")])
    assert told(store)[1:] == [(AWAY, "", "", "claimed")]


def test_claim_of_busy_wins_over_hidden_tabs(store: Store) -> None:
    """Do-not-disturb is not undone by looking elsewhere."""
    open_tab(store)
    store.claim("ann", Claim(Claimed.BUSY))
    open_tab(store, away_in_ms=0)
    assert told(store)[1:] == [(BUSY, "", "", "claimed")]


def test_turning_invisible_is_leaving_now(store: Store) -> None:
    """One transition to offline, last seen at that moment, as if the last tab had ended."""
    open_tab(store)
    store.claim("ann", Claim(text="lunch", version=1))
    store.claim("ann", Claim(Claimed.INVISIBLE, text="lunch", version=2))
    gone = log_of(store)[-1]
    assert (gone.status, gone.text) == (OFFLINE, "")
    assert gone.last_seen_at_ms == gone.since_ms == gone.at_ms


def test_nothing_is_logged_of_the_invisible(store: Store) -> None:
    """Texts, tabs that come, hide and leave: no transition, and last seen stays."""
    open_tab(store)
    store.claim("ann", INVISIBLE)
    before = store.snapshot(["ann"])
    store.claim("ann", Claim(Claimed.INVISIBLE, text="secret", emoji="🤫", version=2))
    store.grant([Lease("ann", "a2", 0), Lease("ann", "a3")])
    for connection in ("a2", "a3", "a1"):
        store.revoke(LeaseRef("ann", connection))
    store.grant([Lease("ann", "a4")])
    assert store.snapshot(["ann"]) == before


def test_claim_outlives_the_last_connection(store: Store) -> None:
    """Who comes back is what he said he was."""
    open_tab(store)
    store.claim("ann", Claim(Claimed.BUSY, text="deep work"))
    store.revoke(ANN)
    open_tab(store)
    assert told(store)[-2:] == [
        (OFFLINE, "", "", "signed_out"),
        (BUSY, "deep work", "", "connected"),
    ]


def test_claim_ends_at_its_time_by_the_sweep(store: Store, client: redis.Redis, keys: Keys) -> None:
    """The review stands at until_ms exactly; once it is due, one sweep shows what the tabs say."""
    open_tab(store)
    until_ms = now_of(client) + 60_000
    store.claim("ann", Claim(Claimed.BUSY, "lunch", "🍜", until_ms))
    assert client.zscore(keys.deadlines, "r ann") == until_ms
    place, _ = store.latest([])
    client.set(
        "{p}:v2:claim:ann", '{"status":"busy","text":"","emoji":"","until_at":1,"version":0}'
    )
    client.zadd(keys.deadlines, {"r ann": 1})
    store.sweep(place.epoch, patience_ms=0)
    assert told(store)[-1] == (ONLINE, "", "", "claim_ended")
    assert store.why("ann").claim is None


def test_older_claim_never_comes_back(store: Store) -> None:
    """Of two claims the higher version counts, also when the lower one arrives last."""
    open_tab(store)
    store.claim("ann", Claim(Claimed.BUSY, version=5))
    store.claim("ann", Claim(Claimed.AWAY, version=4))
    open_tab(store, claim=Claim(Claimed.ONLINE, version=3))
    assert store.snapshot(["ann"]).people["ann"].status is BUSY


def test_grant_with_a_claim_never_shows_the_invisible(store: Store) -> None:
    """On a store that lost everything the claim stands in the same moment as the lease."""
    open_tab(store, claim=INVISIBLE)
    assert log_of(store) == []
    assert store.here() == []


def test_why_names_tabs_claim_rule_and_past(store: Store) -> None:
    """A user can be told what decided: his tabs, his claim, the rule, and how it came."""
    store.grant(
        [Lease("ann", "a1", 0, "phone", Attention.IDLE), Lease("ann", "a2", None, "desktop")]
    )
    assert store.why("ann").rule == "in_front"
    store.claim("ann", Claim(Claimed.BUSY, "lunch"))
    why = store.why("ann")
    assert (why.rule, why.shown.status, why.claim) == ("claim", BUSY, Claim(Claimed.BUSY, "lunch"))
    held = {(one.connection_id, one.device, one.attention) for one in why.connections}
    assert held == {("a1", "phone", Attention.IDLE), ("a2", "desktop", Attention.IN_FRONT)}
    assert all(one.lease_left_ms > 0 for one in why.connections)
    assert [(one.status, one.cause) for one in why.past] == [
        (BUSY, "claimed"), (ONLINE, "connected"), (AWAY, "connected"),
    ]  # fmt: skip
    assert store.why("nobody").rule == "no_connection"


def test_both_workers_show_a_claim_until_it_ends(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Set on one worker, shown on the other; gone at its time, within a sweep."""
    worker, viewer = make_worker(empty_redis), make_worker(empty_redis)
    worker.opens("ann")
    viewer.waits_until_told("ann", ONLINE)
    until_ms = now_of(empty_redis.client()) + 700
    worker.tracker.set_status("ann", Claim(Claimed.BUSY, until_ms=until_ms))
    viewer.waits_until_told("ann", BUSY)
    ended = viewer.waits_until_told("ann", ONLINE)
    assert ended.cause == "claim_ended"
    assert 0 <= ended.at_ms - until_ms <= 1_000


def test_redis_restarted_empty_never_shows_the_invisible(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """Whoever was invisible or busy is so in the new life, and nothing else was told meanwhile."""
    worker, viewer = make_worker(own_redis), make_worker(own_redis)
    worker.opens("ann")
    worker.opens("ben")
    for user in ("ann", "ben"):
        viewer.waits_until_told(user, ONLINE)
    worker.tracker.set_status("ann", INVISIBLE)
    worker.tracker.set_status("ben", Claim(Claimed.BUSY, "deep work"))
    viewer.waits_until_told("ann", OFFLINE)
    viewer.waits_until_told("ben", BUSY)
    before, former = len(viewer.told), viewer.tracker.epoch
    own_redis.restarts_empty()
    viewer.waits_until_in_another_epoch(former)
    wait_until(lambda: viewer.status_of("ben") is BUSY, PATIENCE_S, "ben is busy again")
    holds_for(lambda: viewer.told[before:] == [], 1.0, "nothing is told")
    assert viewer.status_of("ann") is OFFLINE


def test_claims_kept_elsewhere_are_given_back(
    own_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A worker that never heard of a claim asks for it before it grants in a new life."""
    asked: list[set[str]] = []

    def claims_of(user_ids: Collection[str]) -> dict[str, Claim]:
        asked.append(set(user_ids))
        return {"ann": Claim(Claimed.AWAY, version=len(asked))} if "ann" in user_ids else {}

    worker = make_worker(own_redis, claims_of=claims_of)
    worker.opens("ann")
    worker.waits_until_told("ann", AWAY)
    former = worker.tracker.epoch
    own_redis.restarts_empty()
    worker.waits_until_in_another_epoch(former)
    wait_until(lambda: worker.status_of("ann") is AWAY, PATIENCE_S, "ann is away")
    assert asked[0] == asked[-1] == {"ann"}
    assert len(asked) >= 2
    assert worker.statuses_told_of("ann") == [AWAY]
