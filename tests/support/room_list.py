"""What one user's screen must show of his rooms: the list, and who is in each, kept by events.

It goes by docs/ROOMS.md: an event whose rev is at or below the one held is old, one that is ahead
of the next waits for those between. Loading the list and the members anew must give the same.
"""

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Wire = dict[str, Any]  # one JSON object of the protocol
COUNTED = {
    "message:new", "message:changed", "room:changed", "member:joined", "member:left",
    "member:changed",
}  # fmt: skip


class Held:
    """One room: as it is at its rev, and events that came too early."""

    def __init__(self, room: Wire, members: Wire) -> None:
        """members is the answer to GET .../members; it may be of another rev than the room."""
        self.room = copy.deepcopy(room)
        self.members = {one["user_id"]: one for one in members["members"]}
        self.members_rev: int = members["rev"]
        self.early: dict[int, tuple[str, Wire]] = {}

    def hears(self, me: str, name: str, payload: Wire) -> None:
        """The event is applied when all before it were."""
        rev = payload["rev"]
        if rev <= self.rev:
            return
        self.early[rev] = (name, payload)
        while (following := self.rev + 1) in self.early:
            self._apply(me, following, *self.early.pop(following))

    def closes_gap(self, tail: Wire, members: Wire) -> None:
        """The room's tail is applied, and the members as they are now."""
        room = tail.get("room", {"rev": -1})
        if room["rev"] >= self.room["rev"]:
            self.room = copy.deepcopy(room)
        for message in tail["messages"]:
            if message["seq"] > self.room["last_seq"]:
                self.room.update(last_seq=message["seq"], last_at_ms=message["at_ms"])
        self.room["rev"] = max(self.room["rev"], tail["rev"])
        self.members = {one["user_id"]: one for one in members["members"]}
        self.members_rev = members["rev"]

    @property
    def rev(self) -> int:
        """No change of the room up to here is missing."""
        return min(int(self.room["rev"]), self.members_rev)

    def shown(self) -> Wire:
        """Return what is compared: the room, what is unread aside, and its members by id."""
        room = {key: self.room[key] for key in self.room if key not in {"unread", "mentions"}}
        return {"room": room, "members": dict(sorted(self.members.items()))}

    def _apply(self, me: str, rev: int, name: str, payload: Wire) -> None:
        if rev > self.members_rev:
            self._apply_to_members(name, payload)
            self.members_rev = rev
        if rev > self.room["rev"]:
            self._apply_to_room(me, name, payload)
            self.room["rev"] = rev

    def _apply_to_members(self, name: str, payload: Wire) -> None:
        if name == "member:joined":
            member = payload["member"]
            kept = ("user_id", "username", "display_name", "role", "joined_at_ms")
            self.members[member["user_id"]] = {key: member[key] for key in kept}
        elif name == "member:left":
            self.members.pop(payload["user_id"], None)
        elif name == "member:changed":
            self.members[payload["member"]["user_id"]] = payload["member"]

    def _apply_to_room(self, me: str, name: str, payload: Wire) -> None:
        room = self.room
        if name == "message:new":
            room.update(last_seq=payload["seq"], last_at_ms=payload["at_ms"])
        elif name == "room:changed":
            room.update(payload["room"])
            if room["read_seq"] is not None:  # what is kept no more counts as read
                room["read_seq"] = max(room["read_seq"], room["first_seq"] - 1)
        elif name == "member:joined":
            self._counts(payload["member"], 1)
        elif name == "member:left":
            self._counts({"id": payload["user_id"]}, -1)
        elif name == "member:changed" and payload["member"]["user_id"] == me:
            room["role"] = payload["member"]["role"]
            room.pop("muted_until_ms", None)
            if "muted_until_ms" in payload["member"]:
                room["muted_until_ms"] = payload["member"]["muted_until_ms"]

    def _counts(self, member: Wire, by: int) -> None:
        self.room["member_count"] += by
        if "people" not in self.room:
            return
        if by < 0:
            self.room["people"] = [one for one in self.room["people"] if one["id"] != member["id"]]
            return
        person = {key: member[key] for key in ("username", "display_name")}
        people = [*self.room["people"], {"id": member["user_id"], **person}]
        self.room["people"] = sorted(people, key=lambda one: str(one["username"]))


class RoomList:
    """The rooms of one user."""

    def __init__(self, me: str, load_members: Any) -> None:
        """load_members(room_id) returns the answer to GET .../members, None when it is refused."""
        self.me = me
        self._load_members = load_members
        self.rooms: dict[str, Held] = {}

    def loads(self, rooms: Sequence[Wire]) -> "RoomList":
        """A fresh load: these rooms, and the members of each."""
        self.rooms = {}
        for room in rooms:
            self._holds(room)
        return self

    def hears(self, name: str, payload: Wire) -> None:
        """One event, in whatever order it came."""
        if name == "room:joined":
            self._joins(payload["room"])
        elif name == "room:left":
            self.rooms.pop(payload["room_id"], None)
        elif name == "rooms:placed":
            for place in payload["places"]:
                self._places(place)
        elif name == "mute:ended":
            self._unmutes(payload)
        elif name in COUNTED and payload["room_id"] in self.rooms:
            self.rooms[payload["room_id"]].hears(self.me, name, payload)

    def shown(self) -> Mapping[str, Wire]:
        """Return what is compared with a fresh load."""
        return {room_id: held.shown() for room_id, held in sorted(self.rooms.items())}

    def lacks(self, among: Collection[str]) -> Wire:
        """Return what to ask message:since, of these rooms only."""
        held = {room_id: one for room_id, one in self.rooms.items() if room_id in among}
        rooms = {room_id: one.room["last_seq"] for room_id, one in held.items()}
        return {"rooms": rooms, "revs": {room_id: one.rev for room_id, one in held.items()}}

    def catches_up(self, since: Wire) -> None:
        """The answer of message:since is applied."""
        for room_id, tail in since["rooms"].items():
            self.rooms[room_id].closes_gap(tail, self._load_members(room_id))

    def _joins(self, room: Wire) -> None:
        held = self.rooms.get(room["id"])
        if held is None or held.room["rev"] < room["rev"]:
            self._holds(room)

    def _holds(self, room: Wire) -> None:
        members = self._load_members(room["id"])
        if members is not None:
            self.rooms[room["id"]] = Held(room, members)

    def _places(self, place: Wire) -> None:
        held = self.rooms.get(place["room_id"])
        if held and place["place_version"] > held.room["place_version"]:
            held.room.update({key: place[key] for key in place if key != "room_id"})

    def _unmutes(self, ended: Wire) -> None:
        held = self.rooms.get(ended["room_id"])
        if held is None:
            return
        held.members.get(ended["user_id"], {}).pop("muted_until_ms", None)
        if ended["user_id"] == self.me:
            held.room.pop("muted_until_ms", None)
