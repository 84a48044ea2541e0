"""Every Redis key and channel of presence: who writes it, who reads it, when it dies.

All carry the prefix, a hash tag, so that Redis Cluster keeps them on one slot; and the layout
number: workers of an old and of a new version share one store as long as it is the same. Each
script names its own version in its first line, and EVALSHA tells versions apart by content.
Times in them are milliseconds of the store's clock.

epoch (string): the name of the store's life. Written by head.lua and life.lua.
run (string): the run id of the Redis that lives it. Written by life.lua.
rev (integer): the end of the log. Written by settle.lua; dies with the epoch.
log (stream): transitions with ids `<rev>-0`. Written by settle.lua, read by every worker; capped.
clock (hash): tick, hold, holds, born. Written by head.lua.
deadlines (sorted set): `l <user> <connection>` a lease, `r <user>` a review -> when it is due.
    Written by all acts; the truth of which the keys' TTLs are the copy. Dies entry by entry.
workers (sorted set): worker -> end of its own lease. Written by renew, leave and the sweep.
here (set): the users who are not offline. Written by settle.lua, read by a worker that joins.
lease:<user> <connection> (string with TTL): the worker. Its expiry fires the event.
connections:<user> (hash): connection -> JSON of its standing. Dies with the last connection.
claim:<user> (string): JSON of the user's claim. Written by settle.lua; never dies.
user:<user> (string): the last transition and last seen. Never dies: about 200 bytes a user.
past:<user> (list): his newest ten transitions. Written by settle.lua; dies after a quiet week.
focus:<user> (string): what was told of what he has in front, when his own doing was last told, and
    the cause that waits. Written by settle.lua; dies after a minute with nothing in front.
held:<worker> (set): the members of deadlines that it renews. Dies with the worker.
probe:<worker> (string with TTL): the listener's own probe; dies after 20 ms.
order (hash): shards -> their number. Of a sharded store also each shard -> its epoch, and the rev
    up to which its log is in the log of all. Written by life, join, sequence; dies with the epoch.

One shard: all of it stands under the prefix. More: each shard has all of it under a tag of its own,
{p0}, {p1} ..., for its users; under the prefix stand the log of all, its epoch, rev, workers and
order. Source: docs/adr/0012.
"""

import zlib

from presence.terms import LeaseRef

LAYOUT = "v2"
FIXED = ("epoch", "run", "rev", "log", "clock", "deadlines", "workers", "here")
STEMS = ("lease", "connections", "user", "held", "claim", "past", "focus")


class Keys:
    """The names under one prefix. prefix should be a hash tag, as in "{p}"."""

    def __init__(self, prefix: str = "{p}", shards: int = 1) -> None:
        """shards: over how many tags users are spread; those tags are the prefix with a number."""
        names = [f"{prefix.rstrip('}')}{n}{'}' * prefix.endswith('}')}" for n in range(shards)]
        self.shards = tuple(Keys(name) for name in names) if shards > 1 else ()
        self._root = f"{prefix}:{LAYOUT}:"
        self.log = self._root + "log"
        self.workers = self._root + "workers"
        self.here = self._root + "here"
        self.clock = self._root + "clock"
        self.deadlines = self._root + "deadlines"
        self._lease_stem = self._root + "lease:"
        roots = names if self.shards else [prefix]
        self._lease_stems = tuple(f"{root}:{LAYOUT}:lease:" for root in roots)

    def for_scripts(self) -> tuple[str, ...]:
        """Return KEYS of every script, in the order that lua/head.lua names them."""
        fixed = [self._root + name for name in FIXED]
        return (*fixed, *(f"{self._root}{stem}:" for stem in STEMS), f"{self._root}order")

    def shard_of(self, user_id: str) -> int:
        """Return the shard in which the user's leases stand: always the same for one number."""
        return zlib.crc32(user_id.encode()) % max(1, len(self.shards))

    def lease(self, ref: LeaseRef) -> str:
        """Return the key whose expiry fires the event."""
        return f"{self._lease_stem}{ref.user_id} {ref.connection_id}"

    def of_user(self, user_id: str) -> tuple[str, ...]:
        """Return what is kept of a user who is offline."""
        if self.shards:
            return self.shards[self.shard_of(user_id)].of_user(user_id)
        return tuple(f"{self._root}{stem}:{user_id}" for stem in ("user", "claim", "past", "focus"))

    def held(self, worker_id: str) -> str:
        """Return the set of what a worker renews."""
        return f"{self._root}held:{worker_id}"

    def probe(self, worker_id: str) -> str:
        """Return the key whose expiry a worker's listener waits for, to know that it hears."""
        return f"{self._root}probe:{worker_id}"

    def lease_named(self, key: str) -> LeaseRef | None:
        """Return the lease that key is, None if it is something else."""
        for stem in self._lease_stems:
            if key.startswith(stem):
                user_id, _, connection_id = key[len(stem) :].partition(" ")
                return LeaseRef(user_id, connection_id)
        return None


def expired_channel(database: int) -> str:
    """Return the channel on which Redis tells what expired in that database."""
    return f"__keyevent@{database}__:expired"


def word(text: str) -> str:
    """Return text if it may be an id. Raises ValueError: a space joins ids."""
    if not text or any(letter.isspace() for letter in text):
        raise ValueError(f"{text!r} cannot be an id: it is empty or holds white space.")
    return text


def text_of(value: bytes | str) -> str:
    """Return what Redis answered as text; the caller's client may decode already."""
    return value.decode() if isinstance(value, bytes) else value
