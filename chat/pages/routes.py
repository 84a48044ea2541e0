"""The pages: signing in and up without any script, and the shell of the chat.

Rule of this file: a form that is refused comes back with what was typed (passwords aside), the
reason beside the field, and the status of the refusal.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from chat import text, wire
from chat.errors import ChatError, NotFound, NotSignedIn
from chat.pages import locales, sentences
from chat.pages.assets import Assets
from chat.terms import Asker, Identity

_INSIDE = re.compile(r"/rooms/[A-Za-z0-9_-]{1,64}|/invite/[A-Za-z0-9_-]{22}")


class Door(Protocol):
    """By which a browser's request comes in; each raises ChatError when it does not."""

    def sign_up(self, asked: wire.SignUp) -> object:
        """Make the account; the browser at hand is signed in."""

    def sign_in(self, username: str, password: str) -> object:
        """Sign in the browser at hand."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in a form when it was refused, and why."""

    username: str = ""
    display_name: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    alert: str = ""

    def error_of(self, field: str) -> str:
        """Return what to say beside the field, empty when nothing."""
        return dict(self.errors).get(field, "")


def blueprint(
    door: Door,
    asker: Asker,
    assets: Assets,
    *,
    may_sign_up: bool,
    version: str,
    retention_days: int,
) -> Blueprint:
    """Return the routes of the pages."""
    routes = Blueprint("pages", __name__)
    forms = _Forms(asker, assets, may_sign_up=may_sign_up)

    @routes.get("/", defaults={"room_id": ""})
    @routes.get("/rooms/<room_id>")
    def shell(room_id: str) -> BaseResponse:
        identity = asker_or_none(asker)
        if identity is None:
            return redirect(url_for("pages.sign_in", next=_room_path(room_id)))
        boot = _boot(identity, version, retention_days, later_words(assets))
        return make_response(render_template("shell.html", boot=boot, **looks(assets)))

    @routes.get("/admin")
    def admin() -> BaseResponse:
        identity = asker_or_none(asker)
        if identity is None:
            return redirect(url_for("pages.sign_in"))
        if not identity.is_admin:
            raise NotFound
        boot = {**_boot(identity, version, retention_days), "page": "admin"}
        return make_response(render_template("shell.html", boot=boot, **looks(assets, "admin-")))

    @routes.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> BaseResponse:
        return forms.answer("sign_in.html", lambda: _sign_in(door))

    @routes.route("/sign-up", methods=["GET", "POST"])
    def sign_up() -> BaseResponse:
        return forms.answer("sign_up.html", lambda: _sign_up(door))

    return routes


class _Forms:
    """A form shown, submitted, and shown again with the reason when it was refused."""

    def __init__(self, asker: Asker, assets: Assets, *, may_sign_up: bool) -> None:
        self._asker = asker
        self._assets = assets
        self._may_sign_up = may_sign_up

    def answer(self, template: str, submit: Callable[[], None]) -> BaseResponse:
        """Show the form to who is not signed in; submit raises ChatError to refuse."""
        if request.method == "GET":
            is_in = asker_or_none(self._asker) is not None
            return redirect(_inside()) if is_in else self._page(template, Typed())
        try:
            submit()
        except ChatError as refusal:
            return self._refused(template, refusal)
        return redirect(_inside(), HTTPStatus.SEE_OTHER)

    def _refused(self, template: str, refusal: ChatError) -> BaseResponse:
        response = self._page(template, _typed(refusal))
        response.status_code = refusal.status
        if refusal.retry_after_s is not None:
            response.headers["Retry-After"] = str(refusal.retry_after_s)
        return response

    def _page(self, template: str, typed: Typed) -> Response:
        page = render_template(
            template,
            typed=typed,
            next=_wanted_place(),
            may_sign_up=self._may_sign_up,
            password_min=wire.PASSWORD_MIN,
            password_max=wire.PASSWORD_MAX,
            name_max=text.NAME_MAX,
            **looks(self._assets),
        )
        return make_response(page)


def error_page(assets: Assets) -> Callable[[ChatError], str]:
    """Return what renders a refusal as a page, with a way back and the reference to report."""

    def render(refusal: ChatError) -> str:
        title, sentence = sentences.for_page(refusal)
        wait = refusal.retry_after_s
        return render_template(
            "error.html",
            status=refusal.status,
            title=title,
            sentence=sentence if wait is None else f"{sentence} {sentences.wait(wait)}",
            reference=g.get("request_id", ""),
            **looks(assets),
        )

    return render


def _sign_in(door: Door) -> None:
    door.sign_in(_field("username"), request.form.get("password", ""))


def _sign_up(door: Door) -> None:
    fields = {"username": _field("username"), "password": request.form.get("password", "")}
    shown = _field("display_name")
    door.sign_up(
        wire.request_from({**fields, **({"display_name": shown} if shown else {})}, wire.SignUp)
    )


def _typed(refusal: ChatError) -> Typed:
    typed = Typed(username=_field("username"), display_name=_field("display_name"))
    if refusal.field is None:
        return Typed(typed.username, typed.display_name, alert=sentences.for_form(refusal))
    errors = ((refusal.field, sentences.for_field(refusal)),)
    return Typed(typed.username, typed.display_name, errors=errors)


def _field(name: str) -> str:
    return request.form.get(name, "").strip()


def asker_or_none(asker: Asker) -> Identity | None:
    """Return who asks, None when nobody is signed in. Raises Banned, Unavailable."""
    try:
        return asker()
    except NotSignedIn:
        return None


def invite_path(token: str) -> str | None:
    """Return where the invite is followed, None for what cannot be one."""
    return _path_inside(f"/invite/{token}")


def _room_path(room_id: str) -> str | None:
    return _path_inside(f"/rooms/{room_id}")


def _path_inside(path: str) -> str | None:
    return path if _INSIDE.fullmatch(path) else None


def _wanted_place() -> str:
    """Only a room or an invite of ours is a place: an open redirect would lend us to phishers."""
    path: str = request.values.get("next", "")
    return path if _INSIDE.fullmatch(path) else ""


def _inside() -> str:
    return _wanted_place() or url_for("pages.shell")


def looks(assets: Assets, page: str = "") -> dict[str, object]:
    """Return what every template is given: language, styles, words of that page of web/."""
    locale = locales.current()
    words = f"{page}{locale.code}.js"
    return {
        "locale": locale,
        "locales": locales.LOCALES,
        "asset": assets.url,
        "styles": assets.url("app.css") if assets.has("app.css") else "",
        "words": words if assets.has(words) else "",
    }


def later_words(assets: Assets) -> str:
    """Return the address of what only the later parts of the chat say; empty: in the sources."""
    name = f"later-{locales.current().code}.js"
    return assets.url(name) if assets.has(name) else ""


def _boot(
    identity: Identity, version: str, retention_days: int, words: str = ""
) -> dict[str, object]:
    return {
        "user": {
            "id": identity.user_id,
            "username": identity.username,
            "display_name": identity.display_name,
        },
        "is_admin": identity.is_admin,
        "csrf_token": generate_csrf(),
        "locale": locales.current().code,
        "version": version,
        "limits": {
            "name_max": text.NAME_MAX,
            "topic_max": text.TOPIC_MAX,
            "body_max": text.BODY_MAX,
            "username_max": 32,
            "status_text_max": text.STATUS_TEXT_MAX,
            "retention_days": retention_days,
        },
        "urls": {"sign_in": url_for("pages.sign_in"), "words": words},
    }
