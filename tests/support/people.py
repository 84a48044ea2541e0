"""People: ann and bob with an account, a browser's cookies, and tabs."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.api import Answer, Api, Json
from tests.support.server import Server
from tests.support.tab import Tab, Wire

PLACED_WITHIN_S = 30.0
MISPLACED_AT_MOST = 10
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@dataclass
class Person:
    """Somebody who is signed in in one browser (one session); each tab shares its cookies."""

    server: Server
    username: str
    api: Api
    id: str = ""
    tabs: list[Tab] = field(default_factory=list)

    def signs_in(self) -> None:
        """A new session of this browser."""
        answer = self.api.post("/api/v1/session", {"username": self.username, "password": PASSWORD})
        assert answer.status == 200, answer.body
        self.api.refresh_csrf()

    def signs_out(self) -> Answer:
        """Return the answer to signing out."""
        return self.api.delete("/api/v1/session")

    def other_browser(self) -> "Person":
        """Return the same person signed in in a second browser."""
        other = Person(self.server, self.username, Api(self.server.host), self.id)
        other.signs_in()
        return other

    def tab(self, *, reconnects: bool = False, auth: Wire = None, host: str = "") -> Tab:
        """Return a tab that is not connected yet; host is that of a proxy in front."""
        host = host or self.server.host
        tab = Tab(host, self.api.cookie, auth=auth, reconnects=reconnects)
        self.tabs.append(tab)
        return tab

    def opens_tab(self, *, reconnects: bool = False, host: str = "") -> Tab:
        """Return a connected tab that shows what the server knows."""
        return self.tab(reconnects=reconnects, host=host).opens()

    def opens_tab_on(self, wanted: Callable[[int], bool], *, reconnects: bool = False) -> Tab:
        """Return a connected tab on a worker whose pid satisfies wanted."""
        misplaced: list[Tab] = []  # kept for a while: the next one goes where fewer are
        end_s = time.monotonic() + PLACED_WITHIN_S
        try:
            while time.monotonic() < end_s:
                tab = self.opens_tab(reconnects=reconnects)
                if wanted(self.server.worker_of(tab.local_port)):
                    return tab
                misplaced.append(tab)
                if len(misplaced) == MISPLACED_AT_MOST:  # a worker that is silent gets none
                    close_all(misplaced)
        finally:
            close_all(misplaced)
        raise AssertionError(f"no connection reached the wanted worker in {PLACED_WITHIN_S} s")

    def creates_room(self, name: str = "", visibility: str = "public") -> str:
        """Return the id of a new room whose owner and first member is this person."""
        name = name or f"room {next(_numbers)}"
        answer = self.api.post("/api/v1/rooms", {"name": name, "visibility": visibility})
        assert answer.status == 201, answer.body
        return str(answer.json["room"]["id"])

    def joins(self, room_id: str) -> None:
        """The person is a member of the room."""
        answer = self.api.post(f"/api/v1/rooms/{room_id}/join")
        assert answer.status == 200, answer.body

    def history(self, room_id: str) -> list[Json]:
        """Return every message of the room as the API tells it, by pages, in seq order."""
        messages: list[Json] = []
        while True:
            after = messages[-1]["seq"] if messages else 0
            path = f"/api/v1/rooms/{room_id}/messages?after={after}&limit=200"
            page = self.api.get(path).json
            messages += page["messages"]
            if not page["has_more"] or not page["messages"]:
                return messages

    def leaves_the_house(self) -> None:
        """Every tab is closed."""
        close_all(self.tabs)


def close_all(tabs: list[Tab]) -> None:
    """Every tab of the list is closed, and the list is empty."""
    while tabs:
        tabs.pop().closes()


def sign_up(server: Server, name: str) -> Person:
    """Return a new person; the username is name with a number, so that a server may be shared."""
    username = f"{name}{next(_numbers)}"
    api = Api(server.host)
    answer = api.post("/api/v1/accounts", {"username": username, "password": PASSWORD})
    assert answer.status == 201, (answer.status, answer.body)
    api.refresh_csrf()
    return Person(server, username, api, str(answer.json["user"]["id"]))
