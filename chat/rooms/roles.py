"""Who may do what in a room: the one rule, as docs/ROOMS.md has it in a table.

The rule of the file: pure, and everything that asks "may he?" asks `may`. A role outranks those
listed after it; what is done to a member needs a role that outranks his. Not here: what the state
of a room forbids to everybody (archived, muted, slow mode; revs.py), and the last owner
(membership rules in service.py).
"""

from collections.abc import Mapping
from typing import Final

OWNER: Final = "owner"
MODERATOR: Final = "moderator"
MEMBER: Final = "member"
READ_ONLY: Final = "read_only"
ADMIN: Final = "admin"  # of the installation; in rooms he need not be a member of

RANKS: Final = (OWNER, MODERATOR, MEMBER, READ_ONLY)
"""The roles of members, the highest first."""

_ANYBODY = frozenset(RANKS)
_WRITERS = _ANYBODY - {READ_ONLY}
_KEEPERS = frozenset({OWNER, MODERATOR})
_OWNERS = frozenset({OWNER})
_WATCH = _KEEPERS | {ADMIN}
_STEER = _OWNERS | {ADMIN}

ACTS: Final[Mapping[str, frozenset[str]]] = {
    "read": _ANYBODY,
    "leave": _ANYBODY,
    "post": _WRITERS,
    "edit": _WRITERS,
    "react": _WRITERS,
    "delete_own": _WRITERS,
    "pin_own": _WRITERS,
    "add_member": _WRITERS,
    "pin_foreign": _KEEPERS,
    "delete_foreign": _KEEPERS,
    "edit_topic": _KEEPERS,
    "set_slow_mode": _KEEPERS,
    "invite": _KEEPERS,
    "rename": _OWNERS,
    "step_down": _ANYBODY,
    "export": _OWNERS,
    "archive": _STEER,
    "set_retention": _STEER,
    "set_role": _STEER,
    "kick": _WATCH,
    "mute": _WATCH,
    "ban": _WATCH,
    "see_audit": _WATCH,
    "ban_everywhere": frozenset({ADMIN}),
}
"""Each act, and the roles that may do it."""

ON_MEMBERS: Final = frozenset({"set_role", "kick", "mute", "ban"})
"""Acts done to a member: they need a role that outranks his."""


IN_DIRECT: Final = frozenset(
    {"read", "leave", "post", "edit", "react", "delete_own", "pin_own", "pin_foreign", "add_member"}
)
"""What everybody in a direct room may do; nobody keeps it, so nobody may do the rest."""


def may(role: str, act: str, on: str | None = None) -> bool:
    """Whether that role may do the act, to a member of the role `on` if it is done to one.

    Raises KeyError for an act that is not in the table."""
    if role not in ACTS[act]:
        return False
    return on is None or outranks(role, on)


def outranks(role: str, other: str) -> bool:
    """Whether the first role is above the second; nobody outranks himself."""
    if role == ADMIN:
        return other != ADMIN
    return RANKS.index(role) < RANKS.index(other)
