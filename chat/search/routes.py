"""The HTTP route of search; its shapes are in wire.py, its rules in service.py."""

from flask import Blueprint, Response, request

from chat import http_edge, wire
from chat.search.service import Search
from chat.terms import Asker


def blueprint(search: Search, asker: Asker) -> Blueprint:
    """Return the route; asker says who asks."""
    routes = Blueprint("search", __name__, url_prefix="/api/v1/search")

    @routes.get("")
    def found() -> Response:
        identity = asker()
        query = wire.request_from_query(request.args, wire.SearchQuery)
        return http_edge.answer(search.search(identity, query))

    return routes
