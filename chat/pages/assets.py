"""The built files of the browser app: their names, and the route that serves them.

Rule of this file: a built name carries the hash of its content, so it is served as immutable; the
manifest is read again when a build replaced it. Made by build_assets.py.
"""

import json
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory, url_for

from chat.errors import NotFound, Unavailable

_FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """The files that the build left in one folder."""

    def __init__(self, folder: Path) -> None:
        """folder holds manifest.json; nothing is read yet."""
        self.folder = folder
        self._read_at_ns = -1
        self._names: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Return the address of a built file by its plain name, such as app.js.

        Raises Unavailable when it was never built, with the command that builds it."""
        built = self._manifest().get(name)
        if built is None:
            raise Unavailable("The browser's files are not built: run python build_assets.py.")
        return url_for("assets.built", name=built)

    def has(self, name: str) -> bool:
        """Say whether the build made a file of that plain name."""
        return name in self._manifest()

    def _manifest(self) -> dict[str, str]:
        manifest = self.folder / "manifest.json"
        try:
            changed_at_ns = manifest.stat().st_mtime_ns
            if changed_at_ns != self._read_at_ns:
                self._names = json.loads(manifest.read_text())
                self._read_at_ns = changed_at_ns
        except (OSError, ValueError):
            return self._names
        return self._names


def blueprint(assets: Assets) -> Blueprint:
    """Return the route of the built files; a packed copy goes to browsers that take it."""
    routes = Blueprint("assets", __name__)

    @routes.get("/assets/<name>")
    def built(name: str) -> Response:
        if name.startswith(".") or not (assets.folder / name).is_file():
            raise NotFound
        return _packed(assets.folder, name) or _whole(assets.folder, name)

    return routes


def _whole(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name)
    return _lasting(response)


def _packed(folder: Path, name: str) -> Response | None:
    packed = f"{name}.gz"
    if not request.accept_encodings["gzip"] or not (folder / packed).is_file():
        return None
    response = send_from_directory(folder, packed, mimetype=_mimetype(name))
    if response.status_code == HTTPStatus.OK:
        response.headers["Content-Encoding"] = "gzip"
    return _lasting(response)


def _lasting(response: Response) -> Response:
    response.headers["Cache-Control"] = _FOREVER
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _mimetype(name: str) -> str:
    return "text/css" if name.endswith(".css") else "text/javascript"
