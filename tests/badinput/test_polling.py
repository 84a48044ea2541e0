"""Polling, where it is switched on: garbage, floods and sessions that never connect."""

import json
import time
from collections.abc import Callable

import pytest

from tests.badinput.shape import assert_error
from tests.support.api import Answer, Api
from tests.support.people import Person
from tests.support.server import QUICK, Server
from tests.support.tab import Tab

SignsUp = Callable[[Server, str], Person]
BASE = "/socket.io/?EIO=4&transport=polling"
CONNECT_DEADLINE_S = 10


@pytest.fixture
def polled(starts_server: Callable[..., Server]) -> Server:
    """A Rollcall of one worker on which polling is switched on."""
    transports = {"ROLLCALL_TRANSPORTS": "websocket,polling"}
    return starts_server(workers=1, settings={**QUICK, **transports})


def test_polling_flood_is_felt_by_nobody(polled: Server, signs_up: SignsUp) -> None:
    """400 polling handshakes of nobody: answered or refused, while a neighbour is served."""
    tab = signs_up(polled, "bob").opens_tab()
    stranger = Api(polled.host)

    for n in range(400):
        answer = stranger.get(BASE)
        assert answer.status in {200, 400, 429, 503}, answer.body
        if n % 50 == 0:
            assert_serves(tab)

    assert_serves(tab)


def test_polling_garbage_hurts_nobody(polled: Server, signs_up: SignsUp) -> None:
    """Bodies that are no packets, too many, or too large end in a 4xx at once; the worker lives."""
    ann = signs_up(polled, "ann")
    tab = ann.opens_tab()
    pids = polled.worker_pids()
    garbage = {
        b"\x00\xff": "invalid",
        b"9": "invalid",
        json.dumps({"a": 1}).encode(): "invalid",
        b"\x1e" * 1_000: "invalid",
        b"\x1e".join([b'42["roster:sync",{}]'] * 50): "invalid",
        b"4" * 200_000: "too_large",
    }

    for body, code in garbage.items():
        sid = handshake(ann.api)
        answer = ann.api.call("POST", f"{BASE}&sid={sid}", body=body)
        assert_error(answer.json, code)
        assert ann.api.get(f"{BASE}&sid={sid}").status == 400, "the session is gone"

    assert_serves(tab)
    assert polled.worker_pids() == pids


def test_polling_session_that_never_connects_is_ended(polled: Server) -> None:
    """A polling session without CONNECT is forgotten after ten seconds: its id means nothing."""
    stranger = Api(polled.host)
    sid = handshake(stranger)
    began_s = time.monotonic()

    answer = Answer(200, {}, b"")
    while answer.status == 200 and time.monotonic() - began_s < CONNECT_DEADLINE_S + 5:
        answer = stranger.get(f"{BASE}&sid={sid}")
        if answer.body == b"2":
            stranger.call("POST", f"{BASE}&sid={sid}", body=b"3")

    assert answer.status == 400
    assert time.monotonic() - began_s <= CONNECT_DEADLINE_S + 2


def handshake(api: Api) -> str:
    """Return the sid of a new polling session."""
    opened = api.get(BASE)
    assert opened.status == 200, opened.body
    return str(json.loads(opened.body[1:])["sid"])


def assert_serves(tab: Tab) -> None:
    """The tab's worker answers an event within two seconds."""
    began_s = time.monotonic()
    assert "people" in tab.ask("roster:sync", {})
    assert time.monotonic() - began_s <= 2
