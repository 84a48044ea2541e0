"""Facts that more than one feature passes on. Frozen; no behaviour."""

from collections.abc import Callable
from dataclasses import dataclass

from chat.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a user, by one of his sessions. Read once a request or a connect."""

    user_id: UserId
    username: str
    display_name: str
    session_id: SessionId


Asker = Callable[[], Identity]
"""Returns who makes the HTTP request at hand; raises NotSignedIn, Banned or Unavailable."""
