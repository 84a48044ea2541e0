"""Facts that more than one feature passes on. Frozen; no behaviour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chat.ids import SessionId, UserId

Role = Literal["user", "admin"]
USER: Role = "user"
ADMIN: Role = "admin"


def role_of(text: str) -> Role:
    """Return the role of that name; one of a newer version is a user's."""
    return ADMIN if text == ADMIN else USER


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a user, by one of his sessions. Read once a request or a connect.

    That of a live connection follows the user's role: `Connections.set_role`."""

    user_id: UserId
    username: str
    display_name: str
    session_id: SessionId
    role: Role = USER

    @property
    def is_admin(self) -> bool:
        """Whether the user looks after the installation: he sees how it runs, not what is said."""
        return self.role == ADMIN


class Head(NamedTuple):
    """How far a room goes: its newest seq, the rev of its newest change, the oldest seq kept.

    first_seq is seq + 1 when nothing is kept."""

    seq: int
    rev: int
    first_seq: int = 1


class OwnRoom(NamedTuple):
    """A room of somebody: the key of its name, and how many messages it ever held."""

    name_key: str
    last_seq: int


class ReadPlace(NamedTuple):
    """How far a member has read; version counts its moves: of two places the greater is newer."""

    seq: int
    version: int
    has_moved: bool


Act = Literal["edit", "react", "delete_own", "delete_foreign", "pin_own", "pin_foreign"]
"""What a member does to the messages of a room; the room says who may."""


class Known(NamedTuple):
    """What SQL says of a user. last_seen_at_ms: as far as it was ever written down."""

    id: UserId
    username: str
    display_name: str
    last_seen_at_ms: int | None


Asker = Callable[[], Identity]
"""Returns who makes the HTTP request at hand; raises NotSignedIn, Banned or Unavailable."""


PROBE = "probe~"  # no id of a user holds a tilde


def is_probe(user_id: str) -> bool:
    """Whether that is none of the users but a probe, by which presence is measured.

    Probes are in no room and in no table: nobody is ever told of one."""
    return user_id.startswith(PROBE)
