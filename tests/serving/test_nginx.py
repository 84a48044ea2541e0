"""deploy/nginx.conf in front of real workers: WebSocket and polling, each browser on its worker."""

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.child import free_port, start_child, stop_child
from tests.support.people import Person, sign_up
from tests.support.redis_process import RedisProcess
from tests.support.server import QUICK, ROOT, Server
from tests.support.waiting import wait_until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
BROWSERS = 12


class Front:
    """nginx with the repository's configuration on a port of its own, before some servers."""

    def __init__(self, folder: Path, workers: list[Server]) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.workers = workers
        self._folder = folder
        (folder / "nginx.conf").write_text(self._configuration())

    def start(self) -> None:
        """nginx answers for the workers when this returns."""
        assert NGINX is not None
        command: list[str | Path] = [NGINX, "-p", self._folder, "-c", "nginx.conf"]
        self._child = start_child([*command, "-g", "daemon off;"], self._folder / "nginx.log")
        wait_until(self._answers, 10, "nginx answers")

    def stop(self) -> None:
        """nginx is gone."""
        stop_child(self._child)

    def visits(self) -> dict[str, set[str]]:
        """Return the workers that answered each browser, by the browser's cookie."""
        visited = defaultdict(set)
        for line in (self._folder / "visits.log").read_text().splitlines():
            browser, worker = line.split(" ", 1)
            visited[browser].add(worker)
        return visited

    def _answers(self) -> bool:
        try:
            return Api(self.host).get("/healthz").status == 200
        except OSError:
            return False

    def _configuration(self) -> str:
        servers = "\n".join(f"server {worker.host} max_fails=1;" for worker in self.workers)
        visit = "$sticky $upstream_addr"
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        for place, here in (
            (r"listen 80;", f"listen {self.host};"),
            (r"access_log off;", f"log_format visits '{visit}'; access_log visits.log visits;"),
            (r"server worker:5000 resolve .*;", servers),
        ):
            text, found = re.subn(place, here, text)
            assert found == 1, place
        return text


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisProcess) -> Iterator[Front]:
    """Two Rollcalls of one worker each on one Redis and one database, nginx before them."""
    folder = tmp_path_factory.mktemp("front")
    shared = {
        **QUICK,
        "ROLLCALL_SECRET_KEY": "the same for all workers of this test",
        "ROLLCALL_TRANSPORTS": "websocket,polling",
        "ROLLCALL_TRUSTED_PROXIES": "1",
    }
    workers = []
    for name in ("one", "two"):
        (folder / name).mkdir()
        url = f"sqlite:///{folder / 'rollcall.db'}"
        workers.append(
            Server(
                folder / name,
                workers=1,
                redis_url=redis_server.url,
                database_url=url,
                settings=shared,
            )
        )
    front = Front(folder, workers)
    try:
        for worker in workers:
            worker.start()
        front.start()
        yield front
    finally:
        front.stop()
        for worker in workers:
            worker.stop()


def test_people_talk_by_websocket_through_nginx(front: Front) -> None:
    """A message posted in one browser is in the other's timeline, whichever workers they are on."""
    ann, bob = _person(front, "ann"), _person(front, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ann_tab, bob_tab = ann.opens_tab(), bob.opens_tab()
    try:
        ann_tab.posts(room, "over nginx")
        bob_tab.waits_for("message:new", lambda message: message["body"] == "over nginx")
    finally:
        ann.leaves_the_house()
        bob.leaves_the_house()


def test_polling_stays_on_its_worker(front: Front) -> None:
    """Every request of a polling connection reaches the worker that knows it: none gets 400."""
    answers = [_poll_through(front, _person(front, "poll")) for _ in range(BROWSERS)]
    assert answers == [200] * BROWSERS


def test_browsers_spread_over_the_workers_and_each_stays(front: Front) -> None:
    """The cookie decides, not the address that they all share."""
    for _ in range(BROWSERS):
        browser = Api(front.host)
        for _ in range(3):
            assert browser.get("/healthz").status == 200
    visited = front.visits()
    assert max(map(len, visited.values())) == 1
    assert len(set.union(*visited.values())) == 2


def test_worker_that_is_gone_is_passed_over(front: Front) -> None:
    """While one worker restarts, every browser is answered by the other."""
    gone = front.workers[0]
    assert gone.drains() == 0
    try:
        answers = [Api(front.host).get("/healthz").status for _ in range(10)]
    finally:
        gone.start()
    assert answers == [200] * 10


def test_metrics_are_not_public(front: Front) -> None:
    """nginx hides what only the workers' own network may read."""
    assert Api(front.host).get("/metrics").status == 404


def _person(front: Front, name: str) -> Person:
    return sign_up(front, name)  # type: ignore[arg-type] # a Front has what of a Server is used


def _poll_through(front: Front, person: Person) -> int:
    """Return the last status of a polling connection that opens, signs in and reads thrice."""
    path, origin = "/socket.io/?EIO=4&transport=polling", {"Origin": front.url}
    opened = person.api.call("GET", path, headers=origin)
    assert opened.status == 200, opened
    path += "&sid=" + json.loads(opened.body[1:])["sid"]
    text = {**origin, "Content-Type": "text/plain;charset=UTF-8"}
    answer = person.api.call("POST", path, body=b"40", headers=text)
    for _ in range(2):
        if answer.status == 200:
            answer = person.api.call("GET", path, headers=origin)
    return answer.status
