"""Rollcall, the chat. Its table of contents is chat/app.py, behind the one name `create_app`.

Rule of this file: nothing is imported at its top. A worker reaches chat.green through this package
and must make the standard library green before Flask, redis or SQLAlchemy are loaded; the
supervisor reaches chat.config and stays small. Pinned by tests/serving/test_green.py.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from chat.config import Config


def create_app(config: "Config") -> "Flask":
    """Return the app of one worker; app.extensions["rollcall"] is its Rollcall, not yet started."""
    from chat import app  # noqa: PLC0415 - the rule of this file

    return app.create_app(config)
