"""Probes on their way through the roster: in no room, and never last seen; SQL is not asked.

Source: chat/admin/prober.py, which makes them.
"""

from collections.abc import Collection, Mapping

from chat.connections import RoomSet
from chat.ids import UserId
from chat.roster.announcer import NoteLastSeen, RoomsOf
from chat.terms import is_probe


def rooms_of_people(rooms_of: RoomsOf) -> RoomsOf:
    """Return what answers for probes itself: no room. SQL is asked for people alone."""

    def answer(user_ids: Collection[UserId]) -> dict[UserId, RoomSet]:
        people = [user_id for user_id in user_ids if not is_probe(user_id)]
        known = rooms_of(people) if people else {}
        return {user_id: known.get(user_id, frozenset()) for user_id in user_ids}

    return answer


def note_people(note: NoteLastSeen) -> NoteLastSeen:
    """Return what writes down when people were last seen, and leaves out probes."""

    def write(last_seen_at_ms: Mapping[UserId, int]) -> None:
        people = {one: at_ms for one, at_ms in last_seen_at_ms.items() if not is_probe(one)}
        if people:
            note(people)

    return write
