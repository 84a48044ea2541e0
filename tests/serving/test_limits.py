"""Open files: how many connections fit into a worker."""

import resource
from collections.abc import Iterator

import pytest

from serving.limits import RESERVE, raise_open_files, seats


@pytest.fixture
def soft_limit() -> Iterator[None]:
    """The process's limit of open files comes back after the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_seats_are_what_open_files_allow_less_a_reserve(soft_limit: None) -> None:
    """A worker full of connections can still open its database."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    assert seats(20_000) == 1024 - RESERVE
    assert seats(100) == 100


def test_raise_open_files_takes_all_that_is_allowed(soft_limit: None) -> None:
    """The usual soft limit of 1024 does not bound the chat."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    raise_open_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 512
