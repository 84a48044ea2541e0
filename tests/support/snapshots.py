"""The check on every change of a timeline: an old snapshot and the events since are a new snapshot.

It is asked three ways: all events in their order, all of them in any order and some twice, and only
some of them with what `message:since` then adds.
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.oracle import Timeline

Wire = dict[str, Any]  # one JSON object of the protocol
Event = tuple[str, Wire]


@dataclass(frozen=True)
class Watched:
    """One room as a member can ask for it and hears of it."""

    load: Callable[[], Wire]  # all of its history: messages, has_more, rev
    since: Callable[[int, int], Wire]  # seq and rev held -> the Tail
    heard: Callable[[], Sequence[Event]]  # every message:new, message:changed, room:changed


def snapshot(room: Watched) -> Timeline:
    """Return the room as a fresh client shows it."""
    timeline = Timeline()
    timeline.loads(room.load())
    return timeline


@contextmanager
def followed(room: Watched) -> Iterator[None]:
    """What happens inside reaches a client that had loaded the room before."""
    old, heard = snapshot(room), len(room.heard())
    yield
    assert_followed(room, old, room.heard()[heard:])


LOSSES = 5  # ways to lose some of the events


def assert_followed(room: Watched, old: Timeline, events: Sequence[Event], seed: int = 1) -> None:
    """The old snapshot and the events are the new snapshot, whatever happens on the way."""
    chance, new = random.Random(seed), snapshot(room)
    doubled = [*events, *chance.choices(events, k=len(events) // 2)] if events else []
    for order in (list(events), chance.sample(doubled, len(doubled))):
        assert _after(old, order).shown() == new.shown(), [name for name, _ in order]
    for _ in range(LOSSES if events else 1):
        kept = [event for event in events if chance.random() < 0.5]
        _assert_healed(room, new, _after(old, kept))


def _assert_healed(room: Watched, new: Timeline, client: Timeline) -> None:
    """What message:since adds makes the client a fresh one."""
    client.closes_gap(room.since(client.last_seq, client.rev))
    held_from = min(client.messages, default=0)
    assert client.shown() == [one for one in new.shown() if one["seq"] >= held_from]
    assert (client.rev, client.last_seq) == (new.rev, new.last_seq)


def _after(old: Timeline, events: Sequence[Event]) -> Timeline:
    client = copy.deepcopy(old)
    for name, payload in events:
        if name == "message:new":
            client.hears(payload)
        elif name == "room:changed":
            client.cuts(payload["room"]["first_seq"])
            client.counts(payload["rev"])
        else:
            client.changes(payload)
    return client
