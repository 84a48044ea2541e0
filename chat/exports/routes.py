"""The HTTP route of exports; its shape is in chat/wire, its rules in the service."""

from collections.abc import Callable
from urllib.parse import quote

import flask_babel
from flask import Blueprint, Response, request

from chat import wire
from chat.exports.page import Words
from chat.exports.service import Export, Exports
from chat.ids import RoomId
from chat.terms import Asker

_TYPES = {"jsonl": "application/jsonl; charset=utf-8", "html": "text/html; charset=utf-8"}


def blueprint(exports: Exports, asker: Asker, lang: Callable[[], str]) -> Blueprint:
    """Return the route; asker says who asks, lang the tag of the language he reads."""
    routes = Blueprint("exports", __name__, url_prefix="/api/v1/rooms/<room_id>")

    @routes.get("/export")
    def export(room_id: str) -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.ExportQuery)
        found = RoomId(wire.id_from_path(room_id))
        begun = exports.begin(identity, found, query.format, _words(lang()))
        return _sent(begun, query.format)

    return routes


def _sent(export: Export, kind: str) -> Response:
    """The file, as it is written; X-Rollcall-Messages says how many messages it will have."""
    answer = Response((part for part, _ in export.parts), content_type=_TYPES[kind])
    name = quote(f"{export.room.name}.{kind}", safe="")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer.headers["X-Rollcall-Messages"] = str(export.room.messages)
    return answer


def _words(lang: str) -> Words:
    _ = flask_babel.gettext
    return Words(
        lang=lang,
        utc=_("All times are UTC."),
        messages=_("Messages: {n}"),
        deleted=_("This message was deleted."),
        edited=_("edited"),
        pinned=_("pinned"),
        answers=_("answers"),
        end=_("The end of the export."),
    )
