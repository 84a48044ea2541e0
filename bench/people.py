"""People and rooms for a bench, written straight into the database of a running server.

Signing up by HTTP would hash five thousand passwords; what is measured begins after that. Nobody
can sign in by password here: each person has a session, and its cookie."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from redis import Redis
from sqlalchemy import insert

from chat.accounts.models import sessions, users
from chat.accounts.sessions import SESSION_ID, hash_of, key_of
from chat.clock import now_ms
from chat.db import Database
from chat.ids import new_id
from chat.rooms.models import memberships, rooms

SESSION_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Account:
    """user_id, and the cookie that is its session."""

    user_id: str
    cookie: str


def sign_up(
    database_url: str, count: int, *, prefix: str = "person", redis_url: str = ""
) -> list[Account]:
    """That many new people, each with a session; prefix begins their names. One transaction.

    With redis_url their sessions have the copies that signing in would have left."""
    now = now_ms()
    sids = [secrets.token_urlsafe(32) for _ in range(count)]
    ids = [new_id(now) for _ in range(count)]
    people = [_user(user_id, f"{prefix}{n}", now) for n, user_id in enumerate(ids)]
    kept = [_session(user_id, sid, now) for user_id, sid in zip(ids, sids, strict=True)]
    db = Database(database_url)
    with db.transaction() as sql:
        sql.execute(insert(users), people)
        sql.execute(insert(sessions), kept)
    db.close()
    if redis_url:
        _copy(redis_url, kept)
    return [
        Account(user_id, f"rollcall_session={sid}") for user_id, sid in zip(ids, sids, strict=True)
    ]


def furnish(database_url: str, members: Sequence[Sequence[Account]]) -> list[str]:
    """A public room for each list of members, the first its owner; the ids of the rooms.

    Nobody who is connected is told. One transaction."""
    now = now_ms()
    ids = [new_id(now) for _ in members]
    places = [
        _membership(room_id, one.user_id, now)
        for room_id, inside in zip(ids, members, strict=True)
        for one in inside
    ]
    kept = [
        _room(room_id, inside[0].user_id, now) for room_id, inside in zip(ids, members, strict=True)
    ]
    db = Database(database_url)
    with db.transaction() as sql:
        sql.execute(insert(rooms), kept)
        sql.execute(insert(memberships), places)
    db.close()
    return ids


def _copy(redis_url: str, kept: Sequence[dict[str, object]]) -> None:
    with Redis.from_url(redis_url) as client, client.pipeline(transaction=False) as pipe:
        for one in kept:
            content = {SESSION_ID: one["id"], "csrf_token": one["csrf_seed"]}
            key = key_of(str(one["sid_hash"]))
            pipe.set(key, msgspec.msgpack.encode(content), px=SESSION_MS)
        pipe.execute()


def _user(user_id: str, name: str, at_ms: int) -> dict[str, object]:
    return {
        "id": user_id,
        "username": name,
        "username_key": name,
        "display_name": name,
        "password_hash": "!",
        "created_at_ms": at_ms,
    }


def _session(user_id: str, sid: str, at_ms: int) -> dict[str, object]:
    return {
        "id": new_id(at_ms),
        "user_id": user_id,
        "sid_hash": hash_of(sid),
        "csrf_seed": secrets.token_hex(16),
        "created_at_ms": at_ms,
        "seen_at_ms": at_ms,
        "expires_at_ms": at_ms + SESSION_MS,
        "user_agent": "bench",
    }


def _room(room_id: str, owner_id: str, at_ms: int) -> dict[str, object]:
    return {
        "id": room_id,
        "name": f"Room {room_id}",
        "name_key": f"room {room_id}",
        "visibility": "public",
        "topic": "",
        "created_by": owner_id,
        "created_at_ms": at_ms,
    }


def _membership(room_id: str, user_id: str, at_ms: int) -> dict[str, object]:
    return {"room_id": room_id, "user_id": user_id, "role": "member", "joined_at_ms": at_ms}
