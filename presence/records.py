"""How the store's answers read: records, entries of the log, claims, connections.

The one place that knows how settle.lua writes them down. Nothing here asks the store.
"""

import json
from collections.abc import Mapping
from typing import Any

from presence.keys import text_of
from presence.rules import Standing
from presence.terms import (
    Attention,
    Claim,
    Claimed,
    Held,
    Past,
    Seen,
    Status,
    Transition,
)

NONE = "-"  # no last_seen: the user is not offline; no words: he has none
OFFLINE_UNSEEN = Seen(Status.OFFLINE)


def transition_of(
    entry_id: bytes | str, fields: Mapping[bytes | str, bytes | str]
) -> tuple[str, Transition]:
    """Return (epoch, transition) of one entry of the log."""
    field = {text_of(name): text_of(value) for name, value in fields.items()}
    text, emoji = _words_of(field["words"])
    transition = Transition(
        rev=int(text_of(entry_id).partition("-")[0]),
        user_id=field["user"],
        status=Status(field["status"]),
        gen=int(field["gen"]),
        at_ms=int(field["at"]),
        last_seen_at_ms=None if field["last_seen"] == NONE else int(field["last_seen"]),
        cause=field["cause"],
        by=field["by"],
        since_ms=int(field["since"]),
        text=text,
        emoji=emoji,
        focus=_focus_of(field.get("focus", "")),
        left=_focus_of(field.get("left", "")),
    )
    return field["epoch"], transition


def seen_in(epoch: str, record: str, focus: str) -> Seen:
    """What a user's record says of him in this epoch; "" is the record of who has none."""
    if not record:
        return OFFLINE_UNSEEN
    own_epoch, status, _, at, _, _, _, last_seen, rev, words = record.split(" ", 9)
    last_seen_at_ms = None if last_seen == NONE else int(last_seen)
    if own_epoch != epoch:
        return Seen(Status.OFFLINE, last_seen_at_ms)
    words_shown, focus_shown = _words_of(words), focus_in(epoch, Status(status), focus)
    return Seen(Status(status), last_seen_at_ms, int(at), int(rev), *words_shown, focus_shown)


def latest_in(epoch: str, user_id: str, record: str, focus: str) -> Transition:
    """The transition that the user's record is of; offline with rev 0 if of another epoch."""
    fields = record.split(" ", 9)
    own_epoch, status, gen, at, cause, since, by, last_seen, rev, words = fields
    is_current = own_epoch == epoch
    text, emoji = _words_of(words) if is_current else ("", "")
    return Transition(
        rev=int(rev) if is_current else 0,
        user_id=user_id,
        status=Status(status) if is_current else Status.OFFLINE,
        gen=int(gen),
        at_ms=int(at),
        last_seen_at_ms=None if last_seen == NONE else int(last_seen),
        cause=cause,
        by=by,
        since_ms=int(since),
        text=text,
        emoji=emoji,
        focus=focus_in(epoch, Status(status), focus),
    )


def focus_in(epoch: str, status: Status, focus: str) -> tuple[str, ...]:
    """What the user's `focus:` says in this epoch, for who is shown with this status.

    A worker of a former version ends leases without writing it: the status decides."""
    own_epoch, _, rest = focus.partition(" ")
    if own_epoch != epoch or status not in (Status.ONLINE, Status.BUSY):
        return ()
    return _focus_of(rest.split(" ", 2)[2])


def claim_text(claim: Claim) -> str:
    """The claim as the scripts take it."""
    fields: dict[str, str | int] = {
        "status": str(claim.status),
        "text": claim.text,
        "emoji": claim.emoji,
        "version": claim.version,
    }
    if claim.until_ms is not None:
        fields["until_at"] = claim.until_ms
    return json.dumps(fields)


def claim_in(text: bytes | str) -> Claim | None:
    """The claim as the scripts keep it; None if there is none, or it lapsed."""
    fields = json.loads(text) if text else {}
    if "status" not in fields:  # it lapsed
        return None
    until_at = fields.get("until_at")
    return Claim(
        Claimed(fields["status"]),
        fields["text"],
        fields["emoji"],
        None if until_at is None else int(until_at),
        fields["version"],
    )


def standing_in(row: Mapping[str, Any], deadline_ms: int) -> Standing:  # Any: it is JSON
    """What the rules go by, of one connection."""
    return Standing(
        deadline_ms,
        int(row["lease_ms"]),
        row.get("away_at"),
        row.get("closed_at"),
        row.get("orphaned_at"),
        row.get("closed_cause", "closed"),
        row.get("closed_since"),
        row.get("focus", ""),
    )


def held_in(name: str, row: Mapping[str, Any], left_ms: int) -> Held:  # Any: it is JSON
    """One connection as its user may see it."""
    attention = Attention(row["attention"])
    return Held(name, row["device"], attention, max(0, left_ms), "closed_at" in row)


def past_in(line: str) -> Past:
    """One line of a user's past."""
    status, at_ms, cause = line.split(" ")
    return Past(Status(status), int(at_ms), cause)


def _focus_of(words: str) -> tuple[str, ...]:
    return tuple(sorted(words.split()))


def _words_of(text: str) -> tuple[str, str]:
    if text == NONE:
        return "", ""
    said, emoji = json.loads(text)
    return said, emoji
