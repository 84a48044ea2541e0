"""The rooms that one worker hears of, and what Redis was told of them.

The rule of the file: Redis is told by one caller at a time, and what it is told is looked up just
before; so the last word that is sent is the newest. What moves meanwhile is told by the next. Words
are numbered: one that is late on its way, because its link was given up, is not believed.
Source: docs/adr/0019.
"""

import threading
from collections.abc import Sequence

import redis

from chat import bus_scripts
from chat.bus_scripts import INBOX, ROOMS, TOLD

_ROOMS_A_TRIP = 500


class HeardRooms:
    """The rooms with members on one worker."""

    def __init__(self, client: redis.Redis, worker_id: str, *, life_ms: int) -> None:
        """life_ms is how long Redis remembers after it was last told, or told to."""
        self._hear = client.register_script(bus_scripts.HEAR)
        self._keys = [f"{prefix}{worker_id}" for prefix in (INBOX, ROOMS, TOLD)]
        self._life_ms = life_ms
        self._rooms: set[str] = set()
        self._moved: dict[str, None] = {}
        self._words = 0
        self._turn = threading.Lock()

    @property
    def has_moved(self) -> bool:
        """Whether there is anything that Redis does not know yet."""
        return bool(self._moved)

    def move(self, room_id: str, *, is_here: bool) -> None:
        """The room has members here, or none any more; Redis is not told yet."""
        if is_here:
            self._rooms.add(room_id)
        else:
            self._rooms.discard(room_id)
        self._moved[room_id] = None

    def tell_moved(self) -> list[str]:
        """Redis knows of some that had moved; returns the rooms that are heard of from now on.

        Raises redis.RedisError: what it was not told it is told by a later call. One trip."""
        with self._turn:
            return self._tell(list(self._moved)[:_ROOMS_A_TRIP])

    def tell_all(self) -> list[str]:
        """Redis knows of all rooms, whatever it knew before; returns those that are heard of.

        Raises redis.RedisError when it may have been told of some only. A trip for 500 rooms."""
        rooms, heard = list(self._rooms), list[str]()
        for start in range(0, len(rooms), _ROOMS_A_TRIP):
            with self._turn:
                heard += self._tell(rooms[start : start + _ROOMS_A_TRIP])
        return heard

    def _tell(self, rooms: Sequence[str]) -> list[str]:
        for room_id in rooms:
            self._moved.pop(room_id, None)  # before it is looked up: later moves are told again
        here = [room_id for room_id in rooms if room_id in self._rooms]
        gone = [room_id for room_id in rooms if room_id not in self._rooms]
        self._words += 1
        try:
            is_known = self._hear(
                keys=self._keys, args=[self._life_ms, self._words, len(here), *here, *gone]
            )
        except redis.RedisError:
            self._moved.update(dict.fromkeys(rooms))
            raise
        return here if is_known else []
