"""A Rollcall full of texts that would run, wherever people may write: filled through its API."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.browser import xss_payloads
from tests.support.api import Api
from tests.support.people import PASSWORD, Person
from tests.support.server import QUICK, Server
from tests.support.tab import Tab

SETTINGS = {**QUICK, "ROLLCALL_EVENT_RATE": "20000", "ROLLCALL_EVENT_BURST": "20000"}
PAYLOADS = xss_payloads.numbered(xss_payloads.ALL)
PAGE = 57  # messages of a room, so that the newest page holds them all
BOOT_BREAKERS = (
    "</script><script>xss(`boot`)</script>",
    "<!--<script>xss(`boot`)",
    "${xss(`boot`)}",
    "'-xss(`boot`)-\"",
)
NAMES = [*BOOT_BREAKERS, *(one for one in PAYLOADS[::17] if len(one) <= 75)]
PINNED = 20


@dataclass(frozen=True)
class Room:
    """A room of payloads: `said` is what the server took. The first is also thread and edited."""

    id: str
    said: list[str]


@dataclass(frozen=True)
class House:
    """A server full of payloads. The owner reads; he is administrator and owns every room."""

    owner: Person
    people: list[Person]
    rooms: list[Room]
    titles: list[str]
    invite: str


def filled(server: Server, everybody: list[Person]) -> House:
    """Return the house once everything that the server takes has been said in it."""
    owner = signs_up_as(server, "owner", NAMES[0])
    with ThreadPoolExecutor(4) as pool:
        signed_up = pool.map(
            lambda at: signs_up_as(server, f"p{at}", NAMES[at]), range(1, len(NAMES))
        )
    everybody += [one for one in signed_up if one is not None]
    assert owner is not None
    assert len(everybody) > len(NAMES) // 2
    everybody.append(owner)
    parts = [PAYLOADS[at : at + PAGE] for at in range(0, len(PAYLOADS), PAGE)]
    rooms = [  # an author each: changes of one person are slowed down
        filled_room(everybody, author, part) for author, part in zip(everybody, parts, strict=False)
    ]
    for person, payload in zip(everybody[:12], PAYLOADS[::23], strict=False):
        person.opens_tab().ask("presence:set", {"status": "busy", "text": payload})
    titles = [title for title in NAMES if has_room(owner, title)]
    answer = owner.api.post(f"/api/v1/rooms/{rooms[0].id}/invites", {})
    return House(owner, everybody, rooms, titles, answer.json["invite"]["token"])


def signs_up_as(server: Server, username: str, display_name: str) -> Person | None:
    """Return the new person; None when the server refuses the name."""
    api = Api(server.host)
    wish = {"username": username, "password": PASSWORD, "display_name": display_name}
    answer = api.post("/api/v1/accounts", wish)
    if answer.status == 400:
        return None
    assert answer.status == 201, answer.body
    api.refresh_csrf()
    return Person(server, username, api, answer.json["user"]["id"])


def filled_room(people: list[Person], author: Person, payloads: list[str]) -> Room:
    """Return a room with the payloads as messages, answers, earlier texts and pins."""
    room_id = people[-1].creates_room(f"</title><svg onload=xss(0)>{author.username}")
    for person in people:
        person.joins(room_id)
    tab = author.opens_tab()
    posted = {one: said(tab, room_id, one) for one in payloads}
    ids = {one: ack["id"] for one, ack in posted.items() if "error" not in ack}
    first = next(iter(ids.values()))
    for payload in ids:
        said(tab, room_id, payload, thread_id=first)
        assert "error" not in tab.ask("message:edit", {"message_id": first, "body": payload})
    for message_id in [*ids.values()][:PINNED]:
        assert "error" not in tab.ask("message:pin", {"message_id": message_id, "on": True})
    tab.closes()
    return Room(room_id, list(ids))


def said(tab: Tab, room_id: str, body: str, **more: str) -> Any:
    """Return the ack of the message, an error too."""
    wish = {"room_id": room_id, "client_id": uuid.uuid4().hex, "body": body, **more}
    return tab.ask("message:post", wish)


def has_room(owner: Person, title: str) -> bool:
    """Whether a room of that name, with that topic, was made."""
    wish = {"name": title, "topic": title, "visibility": "public"}
    answer = owner.api.post("/api/v1/rooms", wish)
    assert answer.status in {201, 400}, answer.body
    return answer.status == 201
