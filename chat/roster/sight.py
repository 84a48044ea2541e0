"""What one viewer may know of others: the rooms he shares with each, and who is here in them.

The rule of the file: what somebody has in front is a claim of his tab, in presence's words; it
counts for a viewer only in rooms that both are members of, as SQL says now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chat.connections import RoomSet
from chat.ids import UserId


@dataclass(frozen=True, slots=True)
class Sight:
    """shared: the rooms of each user that the viewer is in too; who has none may be left out."""

    shared: Mapping[UserId, RoomSet]

    def here(self, user_id: str, focus: Iterable[str]) -> list[str]:
        """Those of the shared rooms that the user has in front, sorted."""
        shared = self.shared.get(UserId(user_id), frozenset())
        return sorted(shared.intersection(focus))


NOTHING = Sight({})
