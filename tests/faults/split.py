"""Two Rollcalls of one worker each on one Redis and one database, as on two hosts.

The far one reaches Redis through a proxy, which can hurt one worker's links and leave the other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.house import SETTINGS
from tests.support.crowd import Crowd
from tests.support.people import Person
from tests.support.proxy import Proxy
from tests.support.redis_process import RedisProcess
from tests.support.server import Server
from tests.support.tab import Tab

BOTH = {
    **SETTINGS,
    "ROLLCALL_SECRET_KEY": "one key for both, so that a cookie is good at either",
    "ROLLCALL_TRANSPORTS": "websocket,polling",
}


class Split:
    """`near` is beside Redis; `far` reaches it through `link`. The crowd has accounts at both."""

    def __init__(self, redis: RedisProcess, link: Proxy, near: Server, far: Server) -> None:
        self.redis, self.link, self.near, self.far = redis, link, near, far
        self.crowd = Crowd(near, 6)

    def comes_far(self, person: Person, *, reconnects: bool = True) -> Tab:
        """Return a tab of the person at the far worker."""
        return self.crowd.comes(person, reconnects=reconnects, host=self.far.host)

    def settles(self) -> None:
        """The link is whole, everybody is at home, and neither printed a traceback."""
        self.link.delays(0)
        self.link.passes()
        self.crowd.goes_home()
        for server in (self.near, self.far):
            assert server.new_tracebacks() == []


@contextmanager
def split(folder: Path) -> Iterator[Split]:
    """Both serve; nothing runs any more afterwards."""
    redis = RedisProcess(folder)
    redis.start()
    link = Proxy(redis.port)
    through = redis.url.replace(f"127.0.0.1:{redis.port}", link.host)
    near, far = _server(folder, "near", redis.url), _server(folder, "far", through)
    try:
        near.start()
        far.start()
        yield Split(redis, link, near, far)
    finally:
        far.stop()
        near.stop()
        link.stop()
        redis.stop()


def _server(folder: Path, name: str, redis_url: str) -> Server:
    own = folder / name
    own.mkdir()
    database = f"sqlite:///{folder / 'both.db'}"
    return Server(own, workers=1, redis_url=redis_url, database_url=database, settings=BOTH)
