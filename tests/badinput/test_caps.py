"""One user, or one address, cannot take all of a worker: the one too many is told so."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import websocket

from tests.badinput.test_floods import wait_of
from tests.support.api import Api
from tests.support.people import Person
from tests.support.raw import RawSocket
from tests.support.server import QUICK, Server
from tests.support.waiting import wait_until

SignsUp = Callable[[Server, str], Person]
OF_USER, OF_ADDRESS = 3, 12
CAPS = {
    "ROLLCALL_MAX_USER_CONNECTIONS": str(OF_USER),
    "ROLLCALL_MAX_ADDRESS_CONNECTIONS": str(OF_ADDRESS),
}


@pytest.fixture
def capped(starts_server: Callable[..., Server]) -> Server:
    """A Rollcall of one worker that holds few connections of a user and of an address."""
    return starts_server(workers=1, settings={**QUICK, **CAPS})


@pytest.fixture
def opened() -> Iterator[list[RawSocket]]:
    """Raw sockets; all are closed at the end."""
    with ExitStack() as closing:
        sockets: list[RawSocket] = []
        yield sockets
        for one in sockets:
            closing.callback(one.closes)


def test_connections_of_a_user_and_of_an_address_are_capped(
    capped: Server, signs_up: SignsUp, opened: list[RawSocket]
) -> None:
    """The fourth tab is refused, another user comes in; the thirteenth socket of the address is
    refused at the handshake; nobody inside notices, and who leaves makes room."""
    ann, bob = signs_up(capped, "ann"), signs_up(capped, "bob")
    first, *_ = [ann.opens_tab() for _ in range(OF_USER)]
    assert ann.tab().is_refused() == "too_many_connections"
    tab = bob.opens_tab()

    outcomes = tries_at_once(capped, 200, opened)

    # the refused fourth tab lingers for a moment, and holds a place meanwhile
    assert outcomes["open"] in {OF_ADDRESS - OF_USER - 1, OF_ADDRESS - OF_USER - 2}
    assert set(outcomes) == {"open", "too_many_connections"}
    assert sum(outcomes.values()) == 200
    assert wait_of(tab) <= 2

    while opened:
        opened.pop().closes()
    first.closes()
    wait_until(lambda: ann.tab().is_refused() == "", 10, "there is room again")


def test_refusal_at_the_handshake_says_when_to_come_back(
    capped: Server, opened: list[RawSocket]
) -> None:
    """429 in the one error shape, with Retry-After."""
    tries_at_once(capped, OF_ADDRESS + 5, opened)

    answer = Api(capped.host).call(
        "GET",
        "/socket.io/?EIO=4&transport=websocket",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )

    assert (answer.status, answer.error) == (429, "too_many_connections")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json["error"]["temporary"] is True


def tries_at_once(server: Server, attempts: int, opened: list[RawSocket]) -> Counter[str]:
    """Return how so many handshakes of nobody ended; those that are open go into opened."""
    outcomes: Counter[str] = Counter()
    turn = threading.Lock()

    def try_some() -> None:
        for _ in range(attempts // 5):
            outcome = tries(server, opened)
            with turn:
                outcomes[outcome] += 1

    some = [threading.Thread(target=try_some) for _ in range(5)]
    for one in some:
        one.start()
    for one in some:
        one.join()
    return outcomes


def tries(server: Server, opened: list[RawSocket]) -> str:
    """Return \"open\", or the code of the refusal."""
    try:
        opened.append(RawSocket(server.host, "", connect=False))
    except websocket.WebSocketBadStatusException as refusal:
        return str(json.loads(refusal.resp_body or b"{}")["error"]["code"])
    return "open"
