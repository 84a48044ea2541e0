"""Rollcall, the chat: `create_app` reads as its table of contents.

Rule of this file: it builds each part and hands it what it needs, by name; it decides nothing else.
Nothing here, and nothing at import, talks to Redis or SQL: that begins with `Rollcall.start`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

from chat import clock, health, http_edge, log, metrics, redis_client, wire
from chat.accounts import routes as account_routes
from chat.accounts.asker import asker_of
from chat.accounts.attempts import Attempts
from chat.accounts.door import Door
from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts, OnRole
from chat.accounts.session_store import SessionStore, stored_session
from chat.accounts.sessions import OnEnded, Sessions
from chat.admin import routes as admin_routes
from chat.admin.prober import ProbeBounds
from chat.admin.watch import Sources, Watch
from chat.blocking import BlockingPool, RunBlocking
from chat.config import Config, ConfigError
from chat.db import Database
from chat.exports import routes as export_routes
from chat.exports.service import Exports
from chat.ids import RoomId, SessionId, UserId
from chat.later import Later
from chat.messages import events as message_events
from chat.messages import own_routes
from chat.messages import routes as message_routes
from chat.messages.changes import Changes
from chat.messages.counts import unread_counts
from chat.messages.kept import Kept
from chat.messages.mentions import Mentions
from chat.messages.needs import Rooms
from chat.messages.pages import seq_at
from chat.messages.posting import GATHER_S
from chat.messages.reading import Reading
from chat.messages.service import Messages
from chat.pages import assets as page_assets
from chat.pages import headers, locales
from chat.pages import invites as page_invites
from chat.pages import routes as page_routes
from chat.retention import routes as retention_routes
from chat.retention.removing import Removing
from chat.retention.service import Retention
from chat.retention.turn import Turn
from chat.rooms import keeping as room_keeping
from chat.rooms import routes as room_routes
from chat.rooms.memberships import Memberships, own_rooms
from chat.rooms.parts import RoomParts, put_together
from chat.rooms.views import Views
from chat.roster import routes as roster_routes
from chat.roster.live import Live
from chat.roster.timings import probe_bounds_of, timings_of
from chat.search import routes as search_routes
from chat.search.index import Index
from chat.search.service import Search
from chat.terms import Role

WATCHING_LINKS = 4
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Talk:
    """The services of messages."""

    messages: Messages
    search: Search
    changes: Changes
    mentions: Mentions
    reading: Reading
    kept: Kept


@dataclass(frozen=True)
class Rollcall:
    """One worker's parts, for the process that runs it and for tests."""

    config: Config
    db: Database
    redis: Redis
    accounts: Accounts
    room_parts: RoomParts
    talk: Talk
    live: Live
    later: Later
    retention: Retention
    watch: Watch

    def start(self) -> None:
        """Begin the background work; the worker is ready to be handed connections."""
        self.live.start()
        self.later.start()
        self.retention.start()
        self.watch.start()

    def drain(self) -> None:
        """Say farewell to every connection, so that they go elsewhere and nobody seems offline."""
        self.watch.drain()
        self.live.drain()

    def stop(self) -> None:
        """End the background work and let go of Redis and SQL."""
        self.watch.stop()
        self.retention.stop()
        self.later.stop()
        self.live.stop()
        self.redis.close()
        self.db.close()


def create_app(config: Config) -> Flask:
    """Return the app of one worker; app.extensions["rollcall"] is its Rollcall, not yet started."""
    log.configure(config.log_level, config.log_format)
    app = _flask(config)
    rollcall = _rollcall(app, config)
    app.extensions["rollcall"] = rollcall
    app.session_interface = SessionStore(app, rollcall.redis, rollcall.accounts.sessions)
    assets = page_assets.Assets(_HERE / "static" / "dist")
    http_edge.install(app, page_routes.error_page(assets))
    headers.install(app, is_secure=app.config["SESSION_COOKIE_SECURE"])
    locales.install(app)
    CSRFProtect(app)
    _add_api(app, rollcall)
    _add_pages(app, rollcall, assets)
    _add_watch(app, rollcall)
    _add_events(rollcall)
    _trust_proxies(app, config.trusted_proxies)
    return app


def _rollcall(app: Flask, config: Config) -> Rollcall:
    db = Database(config.database_url)
    redis = redis_client.connect(config.redis_url)
    run_blocking = BlockingPool(config.blocking_threads)

    def end_live(session_ids: Sequence[SessionId], code: str) -> None:
        live.fanout.end_sessions(session_ids, code)

    def change_role(user_id: UserId, role: Role) -> None:
        live.fanout.role_changed(user_id, role)

    def room_seen(user_id: UserId, room_id: RoomId) -> wire.Room:
        return parts.rooms.get(user_id, room_id)

    def rule_changed() -> None:
        retention.wake()

    accounts = _accounts(config, db, redis, run_blocking, on_ended=end_live, on_role=change_role)
    live = Live(
        app,
        config,
        db,
        redis,
        places=Memberships(db),
        sessions=accounts.sessions,
        identify=lambda: accounts.identify(stored_session()),
        room_seen=room_seen,
    )
    later = Later(clock.now_ms)
    parts = _room_parts(config, db, accounts, live, later, on_retention=rule_changed)
    retention = _retention(config, db, parts, live)
    return Rollcall(
        config,
        db,
        redis,
        accounts,
        room_parts=parts,
        talk=_talk(config, db, parts.rooms, run_blocking, live),
        live=live,
        later=later,
        retention=retention,
        watch=_watch(config, db, live),
    )


def _room_parts(
    config: Config,
    db: Database,
    accounts: Accounts,
    live: Live,
    later: Later,
    *,
    on_retention: Callable[[], None],
) -> RoomParts:
    def end_sessions(user_id: UserId, code: str) -> None:
        accounts.sessions.end_others(user_id, None, code)

    return put_together(
        db,
        clock.now_ms,
        Views(clock.now_ms, counts=unread_counts, here_in=live.roster.here_counts),
        live.moves,
        at=later.at,
        end_sessions=end_sessions,
        url_of=lambda token: f"{config.public_url or ''}/invite/{token}",
        on_retention=on_retention,
    )


def _retention(config: Config, db: Database, parts: RoomParts, live: Live) -> Retention:
    turn, most_days = Turn("retention", live.tracker.worker_id), config.retention_days
    return Retention(
        db,
        clock.now_ms,
        parts.retaining,
        Removing(db, clock.now_ms, parts.retaining, Index(), turn, most_days=most_days),
        seq_at=seq_at,
        tell=live.moves.room_changed,
        most_days=most_days,
    )


def _talk(
    config: Config, db: Database, rooms: Rooms, run_blocking: RunBlocking, live: Live
) -> Talk:
    needs = (db, rooms, clock.now_ms, run_blocking, live.fanout)
    mentions, index = Mentions(db, rooms, live.roster.present), Index()
    messages = Messages(*needs, mentioned=mentions, index=index, gather_s=GATHER_S)
    edit_window_ms = config.edit_window_s * 1000
    return Talk(
        messages=messages,
        search=Search(
            db,
            clock.now_ms,
            run_blocking,
            own_rooms=own_rooms,
            read_messages=messages.readable,
        ),
        changes=Changes(*needs, mentioned=mentions, index=index, edit_window_ms=edit_window_ms),
        mentions=mentions,
        reading=Reading(db, rooms, clock.now_ms, live.fanout, live.roster.is_seen),
        kept=Kept(db, rooms, clock.now_ms, live.fanout),
    )


def _watch(config: Config, db: Database, live: Live) -> Watch:
    return Watch(
        live.tracker,
        live.lags,
        Sources(
            connections=lambda: len(live.connections),
            sockets=lambda: live.edge.sockets,
            sids=lambda: live.edge.sids,
            backlog=lambda: live.bus.backlog,
            is_draining=lambda: live.edge.is_draining,
        ),
        db=db,
        # Of its own: while Redis hangs others wait in line, and this one tells so within seconds.
        redis=redis_client.connect(config.redis_url, WATCHING_LINKS),
        fanout=live.fanout,
        publish=live.bus.publish,
        bounds=ProbeBounds(**probe_bounds_of(timings_of(config))),
        probe_ms=config.probe_ms,
        version=_version(),
    )


def _accounts(
    config: Config,
    db: Database,
    redis: Redis,
    run_blocking: RunBlocking,
    *,
    on_ended: OnEnded,
    on_role: OnRole,
) -> Accounts:
    sessions = Sessions(
        db,
        redis,
        idle_s=config.session_idle_s,
        max_s=config.session_max_s,
        on_ended=on_ended,
        now_ms=clock.now_ms,
    )
    attempts = Attempts(
        redis,
        per_account=config.sign_in_limit,
        per_address=config.sign_in_address_limit,
        sign_ups_per_address=config.sign_up_limit,
    )
    return Accounts(
        db,
        Passwords(run_blocking),
        sessions,
        attempts,
        may_sign_up=config.sign_up == "open",
        now_ms=clock.now_ms,
        on_role=on_role,
    )


def _add_api(app: Flask, rollcall: Rollcall) -> None:
    accounts, live = rollcall.accounts, rollcall.live
    asker = asker_of(accounts)
    app.register_blueprint(account_routes.blueprint(accounts, Door(accounts), asker))
    app.register_blueprint(admin_routes.blueprint(rollcall.watch.admin, asker))
    app.register_blueprint(room_routes.blueprint(rollcall.room_parts, asker))
    app.register_blueprint(room_keeping.blueprint(rollcall.room_parts, asker))
    app.register_blueprint(retention_routes.blueprint(rollcall.retention, asker))
    exports = Exports(rollcall.db, clock.now_ms, rollcall.room_parts.exporting)
    app.register_blueprint(
        export_routes.blueprint(exports, asker, lang=lambda: locales.current().tag)
    )
    talk = rollcall.talk
    app.register_blueprint(message_routes.blueprint(talk.messages, talk.mentions, asker))
    app.register_blueprint(message_routes.blueprint_of_one(talk.messages, talk.changes, asker))
    app.register_blueprint(own_routes.blueprint(talk.reading, talk.kept, asker))
    app.register_blueprint(search_routes.blueprint(talk.search, asker))
    app.register_blueprint(roster_routes.blueprint(live.roster, live.statuses, asker))


def _add_pages(app: Flask, rollcall: Rollcall, assets: page_assets.Assets) -> None:
    asker = asker_of(rollcall.accounts)
    may_sign_up = rollcall.config.sign_up == "open"
    door = Door(rollcall.accounts)
    app.register_blueprint(page_assets.blueprint(assets))
    app.register_blueprint(
        page_routes.blueprint(
            door,
            asker,
            assets,
            may_sign_up=may_sign_up,
            version=_version(),
            retention_days=rollcall.config.retention_days,
        )
    )
    invites = rollcall.room_parts.invites
    app.register_blueprint(page_invites.blueprint(invites, asker, assets, may_sign_up=may_sign_up))


def _add_watch(app: Flask, rollcall: Rollcall) -> None:
    config = rollcall.config
    checks = {
        "redis": health.redis_check(rollcall.watch.redis),
        "sql": health.sql_check(rollcall.db),
        "migrations": health.migrations_check(rollcall.db),
        "draining": health.draining_check(lambda: rollcall.live.edge.is_draining),
    }
    tracker = rollcall.live.tracker
    watched = {
        "presence": health.presence_check(lambda: tracker.available, lambda: tracker.waits_for),
        "events": health.events_check(lambda: tracker.counts().hears_events),
        "probes": health.probes_check(rollcall.watch.prober.was_wrong_lately),
    }
    app.register_blueprint(health.blueprint(checks, watched))
    app.register_blueprint(
        metrics.blueprint(config.metrics_from, behind_proxies=config.trusted_proxies > 0)
    )


def _add_events(rollcall: Rollcall) -> None:
    acks = rollcall.live.acks
    message_events.register(acks, rollcall.talk.messages, rollcall.talk.changes)
    message_events.register_reading(acks, rollcall.talk.reading, rollcall.talk.kept)


def _flask(config: Config) -> Flask:
    if not config.secret_key:
        raise ConfigError(
            "ROLLCALL_SECRET_KEY is needed: the supervisor keeps one in the data folder"
        )
    app = http_edge.App(__name__, template_folder=_templates())
    is_secure = config.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="__Host-rollcall_session" if is_secure else "rollcall_session",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=config.session_idle_s),
        PROPAGATE_EXCEPTIONS=False,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # our pages send no referrer; the token and SameSite decide
        WTF_CSRF_HEADERS=["X-CSRF-Token"],
    )
    return app


def _trust_proxies(app: Flask, hops: int) -> None:
    """Believe that many proxies about addresses; outermost, so that sockets are included."""
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask documents it
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )


def _version() -> str:
    try:
        return version("rollcall")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"


def _templates() -> Path:
    installed = _HERE / "templates"
    return installed if installed.is_dir() else _HERE.parent / "templates"
