"""The user's own word on his status: set, told to his own tabs alone, and explained to him.

The rules of the file: SQL first, then the presence store, then his tabs; what others see comes out
of the store's log like any transition, and never from here. Source: docs/PROMISES.md R9.
"""

from collections.abc import Collection
from typing import Protocol

from msgspec.structs import replace

from chat import wire
from chat.buckets import Buckets, Limit
from chat.clock import Clock
from chat.connections import Connections
from chat.errors import Forbidden, Invalid, RateLimited
from chat.fanout import Fanout
from chat.ids import UserId
from chat.roster.claims import Claims
from chat.roster.service import Roster
from chat.terms import Identity
from chat.text import clean_emoji, clean_status_text
from presence.errors import PresenceUnavailable
from presence.rules import has_lapsed
from presence.terms import Claim, Claimed, Held, Past, Why

SETS_OF_USER = Limit(rate=0.5, burst=60)  # each is one SQL write; viewers get one frame a second
LONGEST_MS = 366 * 24 * 3600 * 1000


class Presence(Protocol):
    """What is asked of presence.tracker.Tracker."""

    def set_status(self, user_id: str, claim: Claim) -> None:
        """The user claims this from now on; the store knows it as soon as it can."""

    def why(self, user_id: str) -> Why:
        """Why he is shown as he is. Raises PresenceUnavailable."""


class Statuses:
    """What users claim, and why they are shown as they are."""

    def __init__(
        self,
        presence: Presence,
        claims: Claims,
        *,
        roster: Roster,
        fanout: Fanout,
        connections: Connections,
        now_ms: Clock,
    ) -> None:
        self._presence = presence
        self._claims = claims
        self._roster = roster
        self._fanout = fanout
        self._connections = connections
        self._now_ms = now_ms
        self._sets = Buckets(SETS_OF_USER)

    def set(self, user: Identity, request: wire.PresenceSet) -> wire.UserPresence:
        """The claim is committed, and every tab of the user is told; returns what others see.

        Raises Invalid, RateLimited. While presence is away what others see is unknown."""
        claim = self._claim_from(request)
        wait_s = self._sets.take(user.user_id, self._now_ms())
        if wait_s:
            raise RateLimited(retry_after_s=wait_s)
        kept = self._claims.keep(user.user_id, claim)
        self._presence.set_status(user.user_id, kept)
        self._fanout.to_user(user.user_id, "presence:own", own_claim(kept, self._now_ms()))
        return self.explained(user, user.user_id)

    def explained(self, asker: Identity, user_id: UserId) -> wire.UserPresence:
        """A user's presence with the reasons, for himself and administrators.

        Without the reasons while presence is away. Raises Forbidden, NotFound."""
        if asker.user_id != user_id and not asker.is_admin:
            raise Forbidden("Why somebody is shown as he is, is told to himself alone.")
        told = self._roster.of_anybody(user_id)
        try:
            why = self._presence.why(user_id)
        except PresenceUnavailable:
            return told
        # As others will see him when what he did just now may be told.
        status, text, emoji = str(why.shown.status), why.shown.text, why.shown.emoji
        return replace(told, status=status, text=text or None, emoji=emoji or None, why=_why(why))

    def lapsed(self, user_ids: Collection[UserId]) -> None:
        """The tabs here of these users know that a claim has lapsed; other workers tell theirs."""
        tabs_of = {user_id: self._connections.of_user(user_id) for user_id in user_ids}
        here = {user_id: tabs for user_id, tabs in tabs_of.items() if tabs}
        newest = self._claims.of(here) if here else {}
        for user_id, tabs in here.items():
            own = own_claim(newest.get(user_id), self._now_ms())
            self._fanout.to_connections(tabs, "presence:own", own)

    def _claim_from(self, request: wire.PresenceSet) -> Claim:
        now_ms, until_ms = self._now_ms(), request.until_ms
        if until_ms is not None and not now_ms < until_ms <= now_ms + LONGEST_MS:
            raise Invalid("The field until_ms must lie ahead, within a year.", field="until_ms")
        text, emoji = clean_status_text(request.text or ""), clean_emoji(request.emoji or "")
        return Claim(Claimed(request.status), text, emoji, until_ms)


def own_claim(claim: Claim | None, now_ms: int) -> wire.OwnClaim:
    """The claim as its user is told it: online without words when there is none, or it lapsed."""
    if claim is None or has_lapsed(claim, now_ms):
        claim = Claim(version=claim.version if claim else 0)
    return wire.OwnClaim(
        status=str(claim.status),
        text=claim.text or None,
        emoji=claim.emoji or None,
        until_ms=claim.until_ms,
        version=claim.version,
    )


def _why(why: Why) -> wire.PresenceWhy:
    return wire.PresenceWhy(
        rule=why.rule,
        claim=own_claim(why.claim, 0),
        connections=[_held(one) for one in why.connections],
        transitions=[_past(one) for one in why.past],
    )


def _held(one: Held) -> wire.HeldConnection:
    return wire.HeldConnection(
        id=one.connection_id,
        device=one.device,
        attention=str(one.attention),
        lease_left_ms=one.lease_left_ms,
        is_closing=one.is_closing,
    )


def _past(one: Past) -> wire.PastTransition:
    return wire.PastTransition(status=str(one.status), at_ms=one.at_ms, cause=one.cause)
