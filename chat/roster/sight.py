"""What one viewer may know of others: the rooms he shares with each, and who is here in them.

The rule of the file: what somebody has in front is a claim of his tab, in presence's words; it
counts for a viewer only in rooms that both are members of, as SQL says now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chat.connections import RoomSet
from chat.ids import RoomId, UserId
from presence.terms import SHIFTED, Transition

View: TypeAlias = tuple[tuple[int, tuple[str, ...]], ...]
"""What a viewer is told of a batch: places in it, and where each user is as far as he may know."""


@dataclass(frozen=True, slots=True)
class Sight:
    """shared: the rooms of each user that the viewer is in too; who has none may be left out."""

    shared: Mapping[UserId, RoomSet]

    def here(self, user_id: str, focus: Iterable[str]) -> list[str]:
        """Those of the shared rooms that the user has in front, sorted."""
        shared = self.shared.get(UserId(user_id), frozenset())
        return sorted(shared.intersection(focus))


NOTHING = Sight({})


class Told:
    """A batch of transitions, and what of it is told to whom. in_rooms: where anybody is told.

    rooms: those that matter; two viewers who are in the same of them are told the same."""

    def __init__(self, batch: Sequence[Transition], rooms_of: Mapping[UserId, RoomSet]) -> None:
        """rooms_of: the rooms of each user of the batch, as SQL says."""
        self._here = {place: _here(one, rooms_of) for place, one in enumerate(batch) if one.focus}
        self._by_room: dict[RoomId, list[int]] = defaultdict(list)
        for place, one in enumerate(batch):
            for room_id in _rooms_told(one, rooms_of[UserId(one.user_id)]):
                self._by_room[room_id].append(place)
        self.in_rooms = frozenset(self._by_room)
        self.rooms = self.in_rooms.union(*self._here.values())

    def to_viewer_in(self, rooms: RoomSet) -> View:
        """What a viewer who is in these rooms is told, in the order of the batch."""
        places = {place for room_id in rooms for place in self._by_room.get(room_id, ())}
        nowhere: RoomSet = frozenset()
        return tuple(
            (place, tuple(sorted(rooms & self._here.get(place, nowhere))))
            for place in sorted(places)
        )


def _here(one: Transition, rooms_of: Mapping[UserId, RoomSet]) -> RoomSet:
    return rooms_of[UserId(one.user_id)].intersection(one.focus)


def _rooms_told(one: Transition, rooms: RoomSet) -> RoomSet:
    """A transition is told in all rooms of the user, a shift where it changes something."""
    return rooms.intersection(one.shifts) if one.cause == SHIFTED else rooms
