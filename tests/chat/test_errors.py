"""The error tree: one code a class, one shape for all."""

import pytest
import redis

from chat import errors
from chat.errors import ChatError


def test_every_code_belongs_to_one_class() -> None:
    """A client that decides by code decides right."""
    codes = [error.code for error in errors.all_errors()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", errors.all_errors())
def test_every_error_says_a_sentence_in_the_one_shape(error: type[ChatError]) -> None:
    """code, message, temporary; nothing else unless it is known."""
    body = error().as_body()
    assert body == {
        "error": {"code": error.code, "message": error.sentence, "temporary": error.temporary}
    }
    assert error.sentence.endswith((".", "session for it."))
    assert 400 <= error.status < 600


def test_facts_are_told_when_they_are_known() -> None:
    """field and retry_after_s are in the body when they were given."""
    body = errors.TooManyAttempts("Wait.", field="password", retry_after_s=7).as_body()["error"]
    assert (body["message"], body["field"], body["retry_after_s"]) == ("Wait.", "password", 7)


@pytest.mark.parametrize("error", errors.all_errors())
def test_temporary_errors_are_those_that_pass_by_waiting(error: type[ChatError]) -> None:
    """5xx and 429 pass, what the client did wrong does not."""
    assert error.temporary is (error.status >= 500 or error.status == 429)


def test_dependency_away_is_told_as_unavailable() -> None:
    """An error of Redis is an absence and not a defect."""
    assert errors.from_exception(redis.ConnectionError("refused")).code == "unavailable"


def test_defect_is_told_as_internal_without_its_words() -> None:
    """What an exception of ours says stays in the log."""
    refusal = errors.from_exception(KeyError("a secret"))
    assert refusal.code == "internal"
    assert "secret" not in refusal.message


def test_refusal_is_told_as_it_is() -> None:
    """A refusal passes unchanged."""
    refusal = errors.NotMember()
    assert errors.from_exception(refusal) is refusal
