"""The parts of rooms, put together: each hands the next what it needs, and decides nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from chat.clock import Clock
from chat.db import Database
from chat.rooms.audit import Audit
from chat.rooms.bans import Bans, EndSessions
from chat.rooms.direct import DirectRooms
from chat.rooms.exporting import Exporting
from chat.rooms.invites import Invites, UrlOf
from chat.rooms.moderation import At, Moderation
from chat.rooms.places import Places
from chat.rooms.retention import Retaining
from chat.rooms.service import Rooms
from chat.rooms.settings import Settings
from chat.rooms.tell import TellRooms
from chat.rooms.views import Views


@dataclass(frozen=True, slots=True)
class RoomParts:
    """Everything that can be done with rooms."""

    rooms: Rooms
    settings: Settings
    moderation: Moderation
    bans: Bans
    invites: Invites
    direct: DirectRooms
    places: Places
    audit: Audit
    exporting: Exporting
    retaining: Retaining


def put_together(
    db: Database,
    now_ms: Clock,
    views: Views,
    tell: TellRooms,
    *,
    at: At,
    end_sessions: EndSessions,
    url_of: UrlOf,
    on_retention: Callable[[], None] = lambda: None,
) -> RoomParts:
    """Return the parts over one database."""
    return RoomParts(
        rooms=Rooms(db, now_ms, views, tell),
        settings=Settings(db, now_ms, views, tell, on_retention=on_retention),
        moderation=Moderation(db, now_ms, views, tell, at=at),
        bans=Bans(db, now_ms, views, tell, at=at, end_sessions=end_sessions),
        invites=Invites(db, now_ms, views, tell, url_of),
        direct=DirectRooms(db, now_ms, views, tell),
        places=Places(db, tell),
        audit=Audit(db, now_ms),
        exporting=Exporting(db, now_ms),
        retaining=Retaining(),
    )
