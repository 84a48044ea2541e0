"""An upgrade worker by worker: the old version and the next share one Redis.

The next version is this one under another name, with every script's text changed and with fields
that this one does not know, in the log and in what it writes down of connections and claims.
"""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

import presence
from presence import Claim, Claimed, Status, Tracker
from presence.keys import Keys
from tests.presence.workers import QUICK, Worker
from tests.support.redis_process import RedisProcess

MakeWorker = Callable[..., Worker]
NEXT = "presence_of_the_next_version"
ADDED = {
    "'epoch', epoch, 'user', user": "'mood', 'sunny', 'epoch', epoch, 'user', user",
    "cjson.encode(standing)": "cjson.encode(in_the_sun(standing))",
    "cjson.encode(claim)": "cjson.encode(in_the_sun(claim))",
}
IN_THE_SUN = "local function in_the_sun(one) one.mood = { 'sunny' } return one end"


@pytest.fixture
def next_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Tracker]]:
    """The Tracker of a package that was installed later."""
    package = tmp_path / NEXT
    shutil.copytree(Path(presence.__file__).parent, package)
    for module in package.glob("*.py"):
        text = module.read_text()
        module.write_text(text.replace("from presence", f"from {NEXT}"))
    settle = package / "lua" / "settle.lua"
    text = settle.read_text()
    for before, after in ADDED.items():
        assert before in text
        text = text.replace(before, after)
    settle.write_text(f"{IN_THE_SUN}\n{text}")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(f"{NEXT}.tracker").Tracker
    for name in [name for name in sys.modules if name.startswith(NEXT)]:
        del sys.modules[name]


def test_old_and_next_version_share_one_store(
    empty_redis: RedisProcess,
    client: redis.Redis,
    make_worker: MakeWorker,
    next_tracker: type[Tracker],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each shows what the other decides and ends what the other granted; nothing is an error."""
    old, new = make_worker(empty_redis), make_worker(empty_redis, tracker=next_tracker)
    ann, ben = old.opens("ann"), new.opens("ben")
    for worker in (old, new):
        for user in ("ann", "ben"):
            worker.waits_until_told(user, Status.ONLINE)
    entries: Any = client.xrange(Keys().log)
    assert [fields.get(b"mood") for _, fields in entries] == [None, b"sunny"]

    new.tracker.set_status("ben", Claim(Claimed.BUSY, text="moving", version=1))
    assert old.waits_until_told("ben", Status.BUSY).text == "moving"
    old.tracker.set_status("ben", Claim(Claimed.AWAY, version=2))
    new.waits_until_told("ben", Status.AWAY)
    assert old.tracker.why("ben").shown.status is Status.AWAY
    assert str(new.tracker.why("ben").shown.status) == "away"  # the status of another package

    old.closes(ann)
    new.closes(ben)
    for worker in (old, new):
        for user in ("ann", "ben"):
            worker.waits_until_told(user, Status.OFFLINE)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_the_old_version_ends_what_a_dead_worker_of_the_next_left(
    empty_redis: RedisProcess, make_worker: MakeWorker, next_tracker: type[Tracker]
) -> None:
    """The sweep of one version shortens and ends the leases of the other."""
    old, new = make_worker(empty_redis), make_worker(empty_redis, tracker=next_tracker)
    new.opens("ben")
    old.waits_until_told("ben", Status.ONLINE)
    new.dies()
    assert old.waits_until_told("ben", Status.OFFLINE).cause == "worker_lost"


def test_ids_of_workers_with_the_same_settings_differ(
    empty_redis: RedisProcess, make_worker: MakeWorker
) -> None:
    """A worker's id is random at each start: a copied configuration makes no two of a name."""
    one, other = make_worker(empty_redis, QUICK), make_worker(empty_redis, QUICK)
    former = one.tracker.worker_id
    one.stops()
    again = make_worker(empty_redis, QUICK)
    assert len({former, other.tracker.worker_id, again.tracker.worker_id}) == 3
