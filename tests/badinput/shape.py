"""The one error shape, as PROTOCOL.md has it."""

from typing import Any

ERROR_FIELDS = {"code", "message", "temporary", "field", "retry_after_s"}


def assert_error(body: Any, *codes: str) -> None:
    """The body is the one error shape, with one of the codes when some are given."""
    assert isinstance(body, dict), f"no error shape: {body!r}"
    assert set(body) == {"error"}, f"no error shape: {body!r}"
    error = body["error"]
    assert {"code", "message", "temporary"} <= set(error) <= ERROR_FIELDS
    assert isinstance(error["temporary"], bool)
    assert error["message"], "an error says what is wrong"
    assert error["code"] != "internal", error
    if codes:
        assert error["code"] in codes, error
