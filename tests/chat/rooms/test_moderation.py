"""Kick, mute, ban and roles: who outranks whom, what it does, when it ends, what is noted."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from chat import wire
from chat.accounts.models import users
from chat.errors import (
    BannedFromRoom,
    ChatError,
    Forbidden,
    Invalid,
    LastOwner,
    Muted,
    NotFound,
    NotMember,
    ReadOnly,
)
from chat.ids import RoomId, UserId
from chat.rooms import roles
from chat.terms import ADMIN, Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: test_followed.py does the same acts on both databases."""
    return f"sqlite:///{tmp_path / 'rollcall.db'}"


Do = Callable[[House, Identity, RoomId, UserId], object]
ACTS: dict[str, Do] = {
    "kick": lambda house, by, room, who: house.parts.moderation.kick(by, room, who, ""),
    "mute": lambda house, by, room, who: house.parts.moderation.mute(
        by, room, wire.MuteMember(who, 60)
    ),
    "ban": lambda house, by, room, who: house.parts.bans.ban(by, room, wire.BanUser(who)),
    "set_role": lambda house, by, room, who: house.parts.moderation.set_role(
        by, room, who, roles.READ_ONLY
    ),
}


def keeps(house: House, room_id: RoomId, owner: Identity, who: Identity, role: str) -> Identity:
    """Return the member, who has that role now."""
    house.parts.moderation.set_role(owner, room_id, who.user_id, role)
    return who


def acts(house: House, room_id: RoomId, asker: Identity) -> list[str]:
    """Return what the room's log says was done, the oldest first."""
    log = house.parts.audit.of_room(asker, room_id, wire.AuditQuery())
    return [entry.act for entry in reversed(log.entries)]


@pytest.fixture
def room_id(house: House, ann: Identity, bob: Identity, eve: Identity) -> RoomId:
    """A public room of Ann's in which Bob and Eve are members."""
    return house.opens_room(ann, bob, eve)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_rule_of_ranks_holds_in_sql(house: House, ann: Identity, act: str) -> None:
    """Each act by each role on each role is done, or forbidden and nothing changed."""
    for number, (role, target) in enumerate(itertools.product(roles.RANKS, roles.RANKS)):
        by, who = house.signs_up(f"by{number}"), house.signs_up(f"who{number}")
        room_id = house.opens_room(ann, by, who, name=f"Room {number}")
        keeps(house, room_id, ann, by, role)
        keeps(house, room_id, ann, who, target)
        before = house.rooms.members(ann, room_id)

        if roles.may(role, act, on=target):
            ACTS[act](house, by, room_id, who.user_id)
            if target != roles.READ_ONLY or act != "set_role":
                assert house.rooms.members(ann, room_id) != before, (role, target)
        else:
            with pytest.raises(Forbidden):
                ACTS[act](house, by, room_id, who.user_id)
            assert house.rooms.members(ann, room_id) == before, (role, target)


@pytest.mark.parametrize("act", ["kick", "mute", "ban"])
def test_nobody_does_it_to_himself(house: House, ann: Identity, room_id: RoomId, act: str) -> None:
    """An owner who mutes, kicks or bans himself is told what is wrong."""
    with pytest.raises(Invalid) as refusal:
        ACTS[act](house, ann, room_id, ann.user_id)

    assert refusal.value.field == "user_id"
    assert house.rooms.get(ann.user_id, room_id).role == "owner"


@pytest.mark.parametrize("act", sorted(ACTS))
def test_strangers_and_strangers_to_the_room_are_refused(
    house: House, ann: Identity, room_id: RoomId, act: str
) -> None:
    """Who is not in a public room, who is told of no private one, and whom nobody knows."""
    dan = house.signs_up("dan")
    private = house.opens_room(ann, name="Private", visibility="private")
    for by, room, who, refused in (
        (dan, room_id, ann.user_id, NotMember),
        (dan, private, ann.user_id, NotFound),
        (dan, RoomId("nowhere"), ann.user_id, NotFound),
        (ann, room_id, UserId("nobody"), NotFound),
    ):
        with pytest.raises(refused):
            ACTS[act](house, by, room, who)
    assert house.told.events == []


def test_nobody_promotes_himself(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """A member, and a moderator, stay what they are; both may step down."""
    moderation = house.parts.moderation
    for role in ("owner", "moderator"):
        with pytest.raises(Forbidden):
            moderation.set_role(bob, room_id, bob.user_id, role)
    keeps(house, room_id, ann, bob, "moderator")
    with pytest.raises(Forbidden):
        moderation.set_role(bob, room_id, bob.user_id, "owner")

    assert moderation.set_role(bob, room_id, bob.user_id, "member").role == "member"


def test_last_owner_steps_down_only_after_another_is_made(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """A room with members always has an owner."""
    moderation = house.parts.moderation
    with pytest.raises(LastOwner):
        moderation.set_role(ann, room_id, ann.user_id, "member")
    keeps(house, room_id, ann, bob, "owner")

    assert moderation.set_role(ann, room_id, ann.user_id, "member").role == "member"


def test_moderator_inherits_before_an_older_member(
    house: House, ann: Identity, bob: Identity, eve: Identity, moved_clock: MovedClock
) -> None:
    """Who leaves as last owner leaves the room to the highest role, the oldest of it."""
    room_id = house.opens_room(ann)
    for who in (bob, eve):
        moved_clock.passes(1)
        house.rooms.join(who, room_id)
    keeps(house, room_id, ann, eve, "moderator")
    house.told.events.clear()

    house.rooms.leave(ann, room_id)

    (changed,) = house.told.heard(room_id, "member:changed")
    assert isinstance(changed, wire.MemberChanged)
    assert (changed.member.user_id, changed.member.role) == (eve.user_id, "owner")


def test_kicked_member_may_come_back_but_not_by_his_own_invite(
    house: House, ann: Identity, bob: Identity, moved_clock: MovedClock
) -> None:
    """Out at once, with the reason in the log; his invites let nobody in any more."""
    room_id = house.opens_room(ann, bob, visibility="private")
    keeps(house, room_id, ann, bob, "moderator")
    invite = house.parts.invites.make(bob, room_id, wire.NewInvite())
    moved_clock.passes(1)

    house.parts.moderation.kick(ann, room_id, bob.user_id, "noise")

    assert house.told.moves[-1] == ("kicked", bob.user_id, room_id)
    with pytest.raises(NotFound):
        house.parts.invites.follow(bob, str(invite.token))
    with pytest.raises(NotFound):
        house.posts(bob, room_id, "still here?")
    house.rooms.add_member(ann, room_id, "bob")
    entries = house.parts.audit.of_room(ann, room_id, wire.AuditQuery()).entries
    assert (entries[0].act, entries[0].facts["reason"]) == ("kick", "noise")


def test_log_is_in_the_order_of_the_acts_whatever_the_clocks_say(
    house: House, ann: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """Acts of one millisecond, then of a worker whose clock is a minute behind; by pages too."""
    done = []
    for number in range(8):
        done += ["archive", "restore"]
        house.parts.settings.archive(ann, room_id)
        house.parts.settings.restore(ann, room_id)
        if number == 3:
            moved_clock.passes(-60)

    assert acts(house, room_id, ann) == done
    newest = house.parts.audit.of_room(ann, room_id, wire.AuditQuery(limit=5)).entries
    older = wire.AuditQuery(limit=50, before=newest[-1].id)
    pages = [*newest, *house.parts.audit.of_room(ann, room_id, older).entries]
    assert [entry.act for entry in pages] == done[::-1]
    assert pages[0].at_ms == moved_clock()


def test_mute_ends_at_its_millisecond_without_a_job(
    house: House, ann: Identity, bob: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """Muted to the last millisecond, then free; the wait is told, and the hint comes at the end."""
    member = house.parts.moderation.mute(ann, room_id, wire.MuteMember(bob.user_id, 60, "noise"))
    assert member.muted_until_ms == moved_clock() + 60_000
    assert house.rooms.get(bob.user_id, room_id).muted_until_ms == member.muted_until_ms

    moved_clock.at_ms += 59_999
    with pytest.raises(Muted) as refusal:
        house.posts(bob, room_id, "too early")
    house.later.call_due()
    assert (refusal.value.retry_after_s, house.stored_seqs(room_id)) == (1, [])
    assert house.told.heard(room_id, "mute:ended") == []

    moved_clock.at_ms += 1
    house.posts(bob, room_id, "free")
    house.later.call_due()
    assert len(house.told.heard(room_id, "mute:ended")) == 1
    assert house.parts.moderation.mutes(ann, room_id).mutes == []
    assert not isinstance(house.rooms.get(bob.user_id, room_id).muted_until_ms, int)


def test_mute_that_was_lengthened_is_not_over_at_its_first_end(
    house: House, ann: Identity, bob: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """The newer end holds; a lifted mute needs no hint at all but is told as a change."""
    moderation = house.parts.moderation
    moderation.mute(ann, room_id, wire.MuteMember(bob.user_id, 60))
    moderation.mute(ann, room_id, wire.MuteMember(bob.user_id, 3600))
    moved_clock.passes(61)
    house.later.call_due()
    assert house.told.heard(room_id, "mute:ended") == []
    with pytest.raises(Muted):
        house.posts(bob, room_id, "no")

    moderation.unmute(ann, room_id, bob.user_id)

    house.posts(bob, room_id, "yes")
    assert acts(house, room_id, ann) == ["mute", "mute", "unmute"]


def test_banned_user_comes_back_by_no_way(
    house: House, ann: Identity, bob: Identity, eve: Identity, room_id: RoomId
) -> None:
    """Not by joining, not by an invite, not by being added; he is told once, and why not."""
    invite = house.parts.invites.make(ann, room_id, wire.NewInvite())
    ban = house.parts.bans.ban(ann, room_id, wire.BanUser(bob.user_id, 600, "spam"))
    assert (ban.user.username, ban.by.username, ban.reason) == ("bob", "ann", "spam")
    assert house.told.moves[-1] == ("banned", bob.user_id, room_id)

    ways: tuple[Callable[[], object], ...] = (
        lambda: house.rooms.join(bob, room_id),
        lambda: house.parts.invites.follow(bob, str(invite.token)),
        lambda: house.rooms.add_member(eve, room_id, "bob"),
    )
    for way in ways:
        with pytest.raises(BannedFromRoom) as refusal:
            way()
        assert refusal.value.retry_after_s == 600
    assert house.parts.invites.of_room(ann, room_id).invites[0].uses == 0
    with pytest.raises(NotMember):
        house.posts(bob, room_id, "hello")


def test_timed_ban_ends_by_the_clock_and_a_lifted_one_at_once(
    house: House, ann: Identity, bob: Identity, room_id: RoomId, moved_clock: MovedClock
) -> None:
    """Both may join again; the log says who lifted it."""
    eve = house.signs_up("eva")
    house.parts.bans.ban(ann, room_id, wire.BanUser(bob.user_id, 60))
    house.parts.bans.ban(ann, room_id, wire.BanUser(eve.user_id))
    moved_clock.passes(60)
    house.later.call_due()

    assert len(house.told.heard(bob.user_id, "ban:ended")) == 1
    house.rooms.join(bob, room_id)
    assert [one.user.username for one in house.parts.bans.of(ann, room_id, "room").bans] == ["eva"]
    house.parts.bans.unban(ann, room_id, eve.user_id, "room")
    house.rooms.join(eve, room_id)
    with pytest.raises(NotFound):
        house.parts.bans.unban(ann, room_id, eve.user_id, "room")
    assert acts(house, room_id, ann) == ["ban", "ban", "unban"]


def test_ban_again_replaces_and_a_stranger_can_be_banned_before_he_comes(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """One ban a user: the newest; who never came is told nothing and cannot come."""
    dan = house.signs_up("dan")
    house.parts.bans.ban(ann, room_id, wire.BanUser(dan.user_id, 60, "first"))
    house.parts.bans.ban(ann, room_id, wire.BanUser(dan.user_id, None, "second"))

    (ban,) = house.parts.bans.of(ann, room_id, "room").bans
    assert (ban.reason, ban.until_ms) == ("second", None)
    with pytest.raises(BannedFromRoom):
        house.rooms.join(dan, room_id)
    assert ("banned", dan.user_id, room_id) not in house.told.moves


def test_read_only_member_reads(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """He is refused with a code of its own and adds nobody; his place in the room stays."""
    keeps(house, room_id, ann, bob, "read_only")
    house.signs_up("dan")

    with pytest.raises(ReadOnly):
        house.posts(bob, room_id, "hi")
    with pytest.raises(Forbidden):
        house.rooms.add_member(bob, room_id, "dan")
    house.posts(ann, room_id, "hi")
    assert len(house.rooms.members(bob, room_id).members) == 3


def test_administrator_keeps_order_without_being_a_member(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """He kicks even an owner, and reads nothing by it; a public title opens no private door."""
    admin = replace(house.signs_up("root"), role=ADMIN)
    private = house.opens_room(ann, bob, name="Private", visibility="private")

    house.parts.moderation.kick(admin, private, ann.user_id, "")

    assert house.rooms.get(bob.user_id, private).role == "owner"
    refused: tuple[tuple[Callable[[], object], type[ChatError]], ...] = (
        (lambda: house.rooms.members(admin, private), NotFound),
        (lambda: house.rooms.join(admin, private), NotFound),
        (lambda: house.posts(admin, private, "hi"), NotFound),
        (lambda: house.parts.invites.make(admin, private, wire.NewInvite()), NotFound),
        (lambda: house.posts(admin, room_id, "hi"), NotMember),
    )
    for act, code in refused:
        with pytest.raises(code):
            act()


def test_ban_from_everywhere_is_for_administrators_and_ends_sessions(
    house: House, ann: Identity, bob: Identity, room_id: RoomId
) -> None:
    """An owner may not; an administrator may, but not another administrator; it can be lifted."""
    admin = replace(house.signs_up("root"), role=ADMIN)
    everywhere = wire.BanUser(bob.user_id, 60, "spam", "everywhere")
    with pytest.raises(Forbidden):
        house.parts.bans.ban(ann, room_id, everywhere)
    with pytest.raises(Forbidden):
        house.parts.bans.of(ann, room_id, "everywhere")
    peer = house.signs_up("peer")
    with house.db.transaction() as sql:
        sql.execute(update(users).where(users.c.id == peer.user_id).values(role=ADMIN))
    with pytest.raises(Forbidden):
        house.parts.bans.ban(admin, room_id, wire.BanUser(peer.user_id, scope="everywhere"))

    ban = house.parts.bans.ban(admin, room_id, everywhere)

    assert (ban.scope, house.ended) == ("everywhere", [(bob.user_id, "banned")])
    assert house.rooms.get(bob.user_id, room_id).role == "member"
    assert acts(house, room_id, ann) == []
    assert acts(house, room_id, admin) == ["ban"]
    house.parts.bans.unban(admin, room_id, bob.user_id, "everywhere")
    assert house.parts.bans.of(admin, room_id, "everywhere").bans == []
