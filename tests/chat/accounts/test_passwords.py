"""Passwords: hashed as OWASP says, bounded, and as slow for nobody as for somebody."""

import argon2
import pytest

from chat.accounts.passwords import Passwords
from chat.blocking import BlockingPool
from chat.errors import Invalid


class CountingPool(BlockingPool):
    """A pool that counts what went through it."""

    calls = 0

    def __call__(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # as the pool's own
        """Count, then call."""
        self.calls += 1
        return super().__call__(fn, *args, **kwargs)


@pytest.fixture
def passwords() -> Passwords:
    """Passwords as create_app makes them."""
    return Passwords(BlockingPool(2))


@pytest.mark.parametrize("password", ["12345678", "密码密码", "correct horse", "x" * 1024, " " * 8])
def test_password_fits_its_hash_and_no_other(passwords: Passwords, password: str) -> None:
    """Any 8 to 1024 bytes are a password, also spaces and Chinese."""
    kept = passwords.hash(password)
    assert passwords.fits(password, kept)
    assert not passwords.fits(password + "x", kept)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "password", ["", "1234567", "密码", "x" * 1025, "密" * 342, "a" * 8 + "\ud800"]
)
def test_password_out_of_bounds_is_invalid(passwords: Passwords, password: str) -> None:
    """Bytes are counted, not characters; half a surrogate is no text."""
    with pytest.raises(Invalid) as raised:
        passwords.hash(password)
    assert raised.value.field == "password"


def test_nobody_has_no_password_but_the_same_work(passwords: Passwords) -> None:
    """For an unknown user a hash is computed all the same, and never fits."""
    pool = CountingPool(2)
    counted = Passwords(pool)
    assert not counted.fits("correct horse", None)
    assert not counted.fits("\ud800", None)
    assert pool.calls == 2


def test_hash_of_other_costs_is_outdated(passwords: Passwords) -> None:
    """A hash from a cheaper profile is to be made anew at the next sign-in."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("x" * 8)
    assert passwords.is_outdated(cheap)
    assert not passwords.is_outdated(passwords.hash("x" * 8))
