"""A worker whom people visit and leave, and where nothing is collected.

Arguments: Redis, and a folder with an empty database. Prints, of each kind of object that only a
connection or a silence is made of, how many are left."""

import serving.worker  # isort: skip # patches first

import contextlib
import gc
import json
import os
import socket
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FunctionType
from typing import Any, cast

from chat import create_app, green
from chat.config import Config
from tests.support.link import RefusedError
from tests.support.people import Person, sign_up
from tests.support.server import QUICK, Server
from tests.support.waiting import NotInTimeError, wait_until

KINDS = (
    *("EdgeSocket", "Outgoing", "RFC6455WebSocket", "_HttpProtocol", "LiveConnection", "Local"),
    *("Request", "RequestContext", "StoredSession", "NotFound", "NotSignedIn"),
    "PubSub.parse_response.<locals>.try_read",
)
VISITS = 2  # of each way to leave
GONE_WITHIN_S = 20.0


class Worker:
    """A worker without a supervisor, on a port of its own."""

    def __init__(self, redis_url: str, folder: str) -> None:
        """It serves from now on, until the process ends."""
        url = f"sqlite:///{Path(folder) / 'rollcall.db'}"
        settings = {**QUICK, "ROLLCALL_REDIS_URL": redis_url, "ROLLCALL_DATABASE_URL": url}
        app = create_app(Config.from_environ({**settings, "ROLLCALL_SECRET_KEY": "x" * 40}))
        self.live: Any = app.extensions["rollcall"].live
        app.extensions["rollcall"].start()
        self._nobody = socket.socketpair()
        reports = serving.worker.Reports(self._nobody[0])
        self._server = green.HttpServer(app.wsgi_app, reports)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        number = 0
        while True:
            accepted, (host, port) = self._listener.accept()
            number += 1
            self._server.serve(os.dup(accepted.fileno()), (host, port, number))
            accepted.close()

    def is_deserted(self) -> bool:
        """Whether nobody is connected."""
        return not self.live.edge.sockets and not self.live.edge.sids


def main(redis_url: str, folder: str) -> None:
    """Visit in every way, and count what is left."""
    worker = Worker(redis_url, folder)
    ann = sign_up(cast("Server", worker), "ann")  # her host is all that is asked of it
    _visit(ann)  # what is made once is made
    wait_until(worker.is_deserted, GONE_WITHIN_S, "all have left")
    gc.collect()
    gc.freeze()  # what is found from now on is new
    gc.disable()
    for _ in range(VISITS):
        _visit(ann)
    wait_until(worker.is_deserted, GONE_WITHIN_S, "all have left")
    with contextlib.suppress(NotInTimeError):
        wait_until(lambda: not _left(), GONE_WITHIN_S, "nothing is left")
    print(json.dumps(_left()), flush=True)
    os._exit(0)


def _visit(ann: Person) -> None:
    """She comes and leaves: as one who closes, is cut off, is signed out, is not let in."""
    room = ann.creates_room()
    closing, cut, ended = ann.opens_tab(), ann.opens_tab(), ann.other_browser()
    ended.opens_tab()
    closing.ask("message:post", {"room_id": room, "client_id": "1" * 32, "body": "hello"})
    closing.closes()
    cut.cut()
    ended.signs_out()
    with contextlib.suppress(RefusedError):
        Person(ann.server, "nobody", type(ann.api)(ann.api.host)).opens_tab()
        raise AssertionError("a stranger was let in")


def _left() -> Counter[str]:
    names = map(_kind, gc.get_objects())
    return Counter(name for name in names if name in KINDS)


def _kind(one: object) -> str:
    return one.__qualname__ if type(one) is FunctionType else type(one).__name__


main(*sys.argv[1:])
