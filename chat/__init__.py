"""The chat. `create_app` is its table of contents.

Rule of this file: nothing but the standard library is imported at its top, create_app imports the
rest inside. A worker reaches chat.green through this package and must patch the standard library
before Flask, redis or SQLAlchemy are loaded; the supervisor reaches chat.config and needs no more.
Pinned by tests/serving/test_green.py.
"""
