"""The HTTP edge: bodies in, answers out, one error shape, one reference a request.

Everything that any route shares. A route decodes by `body_as`, asks its service and returns
`answer(...)`; whatever is raised below it becomes the error of PROTOCOL.md here, in the first of
the two catch-alls (the other is acks.py). Addresses outside /api/ may get a page instead.
"""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec
import structlog
from flask import Flask, Request, Response, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.routing import MapAdapter

from chat import errors, metrics, wire
from chat.errors import ChatError

BODY_MAX_BYTES = 65_536
REQUEST_ID_HEADER = "X-Request-Id"
SOCKET_PATH: Final = "/socket.io/"  # what begins so is for python-engineio, and never gets here

R = TypeVar("R", bound=wire.Request)
ErrorPage = Callable[[ChatError], str]
"""Renders an error as a page of HTML, for people who typed an address."""

_BY_STATUS: dict[int, type[ChatError]] = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
}

log = structlog.get_logger(__name__)


class App(Flask):
    """Flask, but for two things: an exception is logged once, by the catch-all of this file; and
    what a socket sends is looked for among no routes."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Find the routes a request may match; none where a socket's own handshake stands for it.

        There is no such route: each connect and disconnect made an exception, whose traceback kept
        forty frames and the socket alive until a collection. Flask 3.1, ctx.py match_request."""
        if request is not None and request.environ["PATH_INFO"].startswith(SOCKET_PATH):
            return None
        return super().create_url_adapter(request)

    def log_exception(self, exc_info: object) -> None:
        """Do nothing: `_log` has the facts and the reference."""


def body_as(shape: type[R]) -> R:
    """Return the JSON body of the request in that shape.

    Raises UnsupportedMediaType, TooLarge over 64 KiB, Invalid with the field at fault.
    """
    if request.mimetype != "application/json":
        raise errors.UnsupportedMediaType
    return wire.request_from_json(request.get_data(cache=False), shape)


def answer(body: wire.Answer, status: int = 200) -> Response:
    """Return the body as JSON."""
    return Response(wire.to_json(body), status, content_type="application/json")


def nothing() -> Response:
    """Return 204: it is done, and there is nothing to say."""
    return Response(status=204)


def install(app: Flask, error_page: ErrorPage | None = None) -> None:
    """Make the app answer every error in one shape, name each request, and time it."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX_BYTES
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Exception, lambda error: _refuse(error, error_page))


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=_request_id())
    g.began_s = time.perf_counter()


def _finish(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = _request_id()
    if request.path.startswith("/api/"):
        response.headers["Cache-Control"] = "no-store"
    took_s = time.perf_counter() - g.get("began_s", time.perf_counter())
    endpoint = request.endpoint or "none"
    metrics.http_request_seconds.labels(endpoint, str(response.status_code)).observe(took_s)
    log.debug("request answered", endpoint=endpoint, status=response.status_code, took_s=took_s)
    return response


def _request_id() -> str:
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    request_id: str = g.request_id
    return request_id


def _refuse(error: Exception, error_page: ErrorPage | None) -> Response | HTTPException:
    if isinstance(error, HTTPException) and (error.code or 0) < HTTPStatus.BAD_REQUEST:
        return error  # a redirect travels as an exception too
    refusal = _refusal_of(error)
    _log(error, refusal)
    response = _told(refusal, error_page)
    if isinstance(error, HTTPException) and refusal.code == "invalid":
        response.status_code = error.code or refusal.status  # 411, 414, 431 and their like
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
    if refusal.retry_after_s is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _refusal_of(error: BaseException) -> ChatError:
    if isinstance(error, CSRFError):
        return errors.CsrfFailed()
    if isinstance(error, InternalServerError):
        return _refusal_of(error.original_exception or RuntimeError(error.description))
    if isinstance(error, HTTPException):
        known = _BY_STATUS.get(error.code or 400)
        return known() if known else errors.Invalid()
    refusal = errors.from_exception(error)
    if isinstance(refusal, errors.Internal):
        return errors.Internal(f"{refusal.sentence} The log knows it as {_request_id()}.")
    return refusal


def _log(error: Exception, refusal: ChatError) -> None:
    facts = {"code": refusal.code, "endpoint": request.endpoint, "request_id": _request_id()}
    if isinstance(refusal, errors.Internal):
        defect = getattr(error, "original_exception", None) or error
        log.error("request failed", **facts, exc_info=defect)
    elif isinstance(refusal, errors.Unavailable):
        cause = type(error.__cause__ or error).__name__
        log.warning("request refused, a dependency is away", **facts, cause=cause)
    else:
        log.debug("request refused", **facts)


def _told(refusal: ChatError, error_page: ErrorPage | None) -> Response:
    if error_page is not None and _wants_page():
        return Response(
            error_page(refusal), refusal.status, content_type="text/html; charset=utf-8"
        )
    body = msgspec.json.encode(refusal.as_body())
    return Response(body, refusal.status, content_type="application/json")


def _wants_page() -> bool:
    if request.path.startswith("/api/"):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
