"""The delivery run in its short form, and a judge that is not blind."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from tests.soak import delivered
from tests.soak.delivered import Delivered, Delivery
from tests.soak.delivery import Wharf, misdelivered, unlike
from tests.soak.hurts import Hurts
from tests.soak.writer import Said
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

SHORT = Delivery(
    clients=6,
    messages=90,
    seconds=3,
    seed=7,
    kill_every_s=1,
    kills=1,
    kill_calm=20,
    redis_restarts=1,
    networks=2,
    network_pause_s=0.5,
    network_calm=30,
)


def test_whatever_is_hurt_every_message_is_delivered_once(
    tmp_path: Path, database_url: str
) -> None:
    """Networks fail, workers are killed, Redis comes back empty: nothing lost, doubled, turned."""
    with Wharf(SHORT, tmp_path, database_url) as wharf:
        found = wharf.runs()

    assert found.wrong == []
    assert found.acknowledged == SHORT.messages
    assert (found.faults["worker killed"], found.faults["Redis restarted empty"]) == (1, 1)


def line(*seqs: int) -> list[dict[str, Any]]:
    """Return messages with these seqs."""
    return [{"seq": seq, "id": f"m{seq}", "client_id": f"c{seq}", "rev": seq} for seq in seqs]


def said(*seqs: int) -> list[Said]:
    """Return what was acknowledged with these seqs."""
    return [Said("r", f"c{seq}", f"m{seq}", seq) for seq in seqs]


def test_room_that_holds_what_was_acknowledged_is_right() -> None:
    """The same messages, in order, are no finding."""
    assert list(misdelivered(line(1, 2, 3), said(2, 1, 3))) == []
    assert list(unlike(line(1, 2), line(1, 2))) == []


@pytest.mark.parametrize("stored", [(1, 2), (1, 3), (1, 2, 3, 4), (2, 1, 3)])
def test_room_that_lacks_or_turns_or_adds_one_is_wrong(stored: tuple[int, ...]) -> None:
    """A lost, an unknown and a turned message are each found."""
    assert list(misdelivered(line(*stored), said(1, 2, 3)))


def test_message_that_is_stored_twice_is_wrong() -> None:
    """The same client id under two seqs is found."""
    twice = [*line(1), {**line(2)[0], "client_id": "c1"}]

    assert any("2 times" in one for one in misdelivered(twice, said(1)))


@pytest.mark.parametrize("held", [(), (1,), (2, 1), (1, 2, 3), (1, 1)])
def test_client_that_holds_anything_else_is_wrong(held: tuple[int, ...]) -> None:
    """Too little, too much, turned or doubled: each is found."""
    assert list(unlike(line(*held), line(1, 2)))


def test_client_that_holds_an_older_state_is_wrong() -> None:
    """A message as it was before a change is found."""
    assert list(unlike([{**line(1)[0], "rev": 0}], line(1)))


def test_what_a_run_found_is_kept_for_machines_and_for_people(tmp_path: Path) -> None:
    """JSON with each fault by its name, and the table."""
    found = Delivered(SHORT, "SQLite", faults=Counter({"worker killed": 14}), wrong=["one is lost"])

    delivered.write(found, tmp_path)

    told = json.loads((tmp_path / "delivery-sqlite.json").read_text())
    assert (told["faults"], told["plan"]["messages"]) == ({"worker killed": 14}, SHORT.messages)
    table = (tmp_path / "delivery-sqlite.md").read_text()
    assert "| delivery | WRONG |" in table
    assert "- one is lost" in table


class NoNetwork:
    """Whatever is done to it fails."""

    def __getattr__(self, name: str) -> None:
        raise ConnectionError(name)


def test_fault_that_fails_is_told() -> None:
    """A run in which less was hurt than was meant is not right."""
    hurts = Hurts(random.Random(1), lambda: 0)

    hurts.networks([cast("Proxy", NoNetwork())], 0.001, 0)
    wait_until(lambda: hurts.failures, 10, "a fault that failed is told")
    hurts.end()

    assert not hurts.counted
