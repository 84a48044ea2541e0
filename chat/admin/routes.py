"""The HTTP routes of administrators; their shapes are in chat/wire, their rules in service.py."""

from flask import Blueprint, Response

from chat import http_edge
from chat.admin.service import Admin
from chat.terms import Asker


def blueprint(admin: Admin, asker: Asker) -> Blueprint:
    """Return the routes of `admin`; asker says who asks."""
    routes = Blueprint("admin", __name__, url_prefix="/api/v1/admin")

    @routes.get("/presence")
    def presence() -> Response:
        return http_edge.answer(admin.presence(asker()))

    return routes
