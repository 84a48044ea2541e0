"""The limits on signing in and up."""

from collections.abc import Iterator

import pytest

from chat import redis_client
from chat.accounts.attempts import Attempts
from chat.errors import TooManyAttempts
from tests.support.redis_process import RedisProcess


@pytest.fixture
def attempts(redis_server: RedisProcess) -> Iterator[Attempts]:
    """Two failures for each account, four for each address, two sign-ups; nothing counted yet."""
    redis_server.flush()
    client = redis_client.connect(redis_server.url, 2)
    yield Attempts(
        client, per_account="2/minute", per_address="4/minute", sign_ups_per_address="2/hour"
    )
    client.close()


def test_account_waits_after_its_failures(attempts: Attempts) -> None:
    """The third try of an account is refused with the time to wait, from any address."""
    for address in ("192.0.2.1", "192.0.2.2"):
        attempts.check_sign_in("ann", address)
        attempts.count_failed_sign_in("ann", address)
    with pytest.raises(TooManyAttempts) as raised:
        attempts.check_sign_in("ann", "192.0.2.3")
    assert raised.value.retry_after_s is not None
    assert 1 <= raised.value.retry_after_s <= 60


def test_address_waits_after_its_failures_at_many_accounts(attempts: Attempts) -> None:
    """One guess at each of many accounts is counted by address."""
    for name in ("a", "b", "c", "d"):
        attempts.count_failed_sign_in(name, "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempts.check_sign_in("e", "192.0.2.1")
    attempts.check_sign_in("e", "192.0.2.2")


def test_addresses_of_one_ipv6_network_count_together(attempts: Attempts) -> None:
    """A household has a /64: another address of it is the same asker."""
    for number in range(4):
        attempts.count_failed_sign_in(f"name{number}", f"2001:db8::{number + 1}")
    with pytest.raises(TooManyAttempts):
        attempts.check_sign_in("e", "2001:db8::ffff")
    attempts.check_sign_in("e", "2001:db8:0:1::1")


def test_success_counts_nothing(attempts: Attempts) -> None:
    """Only failures are counted: checking alone never locks anybody out."""
    for _ in range(20):
        attempts.check_sign_in("ann", "192.0.2.1")


def test_sign_ups_from_one_address_are_limited(attempts: Attempts) -> None:
    """The third account within the hour is refused, elsewhere it is not."""
    for _ in range(2):
        attempts.count_sign_up("192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempts.count_sign_up("192.0.2.1")
    attempts.count_sign_up("192.0.2.2")


def test_redis_away_leaves_the_limits_open(private_redis: RedisProcess) -> None:
    """Without Redis nobody is refused for trying."""
    client = redis_client.connect(private_redis.url, 2)
    attempts = Attempts(
        client, per_account="1/minute", per_address="1/minute", sign_ups_per_address="1/hour"
    )
    private_redis.dies()
    for _ in range(3):
        attempts.check_sign_in("ann", "192.0.2.1")
        attempts.count_failed_sign_in("ann", "192.0.2.1")
        attempts.count_sign_up("192.0.2.1")
    client.close()


def test_redis_holds_neither_names_nor_addresses(
    attempts: Attempts, redis_server: RedisProcess
) -> None:
    """The keys of the limits name nobody."""
    attempts.count_failed_sign_in("ann", "192.0.2.1")
    with redis_server.client() as redis:
        keys = b" ".join(redis.keys("*"))
    assert keys
    assert b"ann" not in keys
    assert b"192.0.2.1" not in keys
