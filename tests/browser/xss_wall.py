"""Every text that would run, as message, name and topic, where three pages show all of them.

The rule of the file: messages go through the API. Names and topics are written past it, into the
database: what the server would refuse is no reason for a page to trust what it is told.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, insert

from chat.accounts.models import users
from chat.clock import now_ms
from chat.db import Database
from chat.ids import new_id
from chat.rooms.models import memberships, rooms
from chat.text import NAME_MAX
from tests.browser import xss_payloads
from tests.browser.xss_house import Room, said
from tests.support.people import Person
from tests.support.server import Server
from tests.support.tab import Tab

PAYLOADS = xss_payloads.numbered(xss_payloads.ALL)
PAGE = 59  # messages of a room, so that the newest page holds them all
NAMES = [one for one in PAYLOADS if len(one) <= NAME_MAX]


@dataclass(frozen=True)
class Wall:
    """The owner reads; `rooms` are those with messages, the first with everybody as a member."""

    owner: Person
    rooms: list[Room]


def built(server: Server, owner: Person) -> Wall:
    """Return the wall once all of it is stored; the owner is connected nowhere."""
    parts = [PAYLOADS[at : at + PAGE] for at in range(0, len(PAYLOADS), PAGE)]
    ids = [owner.creates_room(f"part {at}") for at in range(len(parts))]
    db = Database(f"sqlite:///{server.folder / 'data' / 'rollcall.db'}")
    with db.transaction() as sql:
        write_people(sql, ids[0])
        write_rooms(sql, owner.id)
    db.close()
    tab = owner.opens_tab()
    filled = [
        Room(room_id, posted(tab, room_id, part)) for room_id, part in zip(ids, parts, strict=True)
    ]
    owner.leaves_the_house()
    return Wall(owner, filled)


def write_people(sql: Connection, room_id: str) -> None:
    """A member of the room for each text, who is called so."""
    ids = [new_id(now_ms()) for _ in NAMES]
    people = [person(one, name) for one, name in zip(ids, NAMES, strict=True)]
    sql.execute(insert(users), people)
    sql.execute(insert(memberships), [member(room_id, one) for one in ids])


def write_rooms(sql: Connection, owner_id: str) -> None:
    """A public room of the owner's for each text, with it as name and as topic."""
    ids = [new_id(now_ms()) for _ in NAMES]
    sql.execute(
        insert(rooms), [room(one, name, owner_id) for one, name in zip(ids, NAMES, strict=True)]
    )
    sql.execute(insert(memberships), [member(one, owner_id) for one in ids])


def person(user_id: str, name: str) -> dict[str, object]:
    """The row of a user who cannot sign in."""
    return {
        "id": user_id,
        "username": user_id,
        "username_key": user_id,
        "display_name": name,
        "password_hash": "!",
        "created_at_ms": now_ms(),
    }


def room(room_id: str, name: str, owner_id: str) -> dict[str, object]:
    """The row of a public room."""
    return {
        "id": room_id,
        "name": name,
        "name_key": room_id,
        "visibility": "public",
        "topic": name,
        "created_by": owner_id,
        "created_at_ms": now_ms(),
    }


def member(room_id: str, user_id: str) -> dict[str, object]:
    """The row of a membership."""
    return {"room_id": room_id, "user_id": user_id, "role": "member", "joined_at_ms": now_ms()}


def posted(tab: Tab, room_id: str, payloads: list[str]) -> list[str]:
    """Return those of the texts that the server took as messages."""
    return [one for one in payloads if "error" not in said(tab, room_id, one)]
