"""Passwords: hashed by argon2id off the event loop, never compared as text, never logged."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from chat.blocking import RunBlocking
from chat.errors import Invalid

LEAST_BYTES = 8
MOST_BYTES = 1024


class Passwords:
    """Makes and checks hashes. One costs about 33 ms of one core and 19 MiB.

    Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane.
    """

    def __init__(self, run_blocking: RunBlocking) -> None:
        """Every hash is computed through run_blocking."""
        self._run_blocking = run_blocking
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._nobody = self._hasher.hash(secrets.token_hex())

    def hash(self, password: str) -> str:
        """Return the hash to keep. Raises Invalid when the password is too short or too long."""
        return self._run_blocking(self._hasher.hash, _checked(password))

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Say whether the password is the one that was hashed.

        With None (there is no such user) it takes as long as for a user, and is False.
        """
        try:
            raw = password.encode()
        except UnicodeEncodeError:  # half of a surrogate pair was never accepted, so it cannot fit
            raw = b""
        return self._run_blocking(self._verify, password_hash or self._nobody, raw)

    def is_outdated(self, password_hash: str) -> bool:
        """Say whether the hash was made with other costs than today's: hash again."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, raw: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, raw)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _checked(password: str) -> bytes:
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        raise Invalid("The password holds half of a character.", field="password") from None
    if len(raw) < LEAST_BYTES:
        raise Invalid(f"A password has at least {LEAST_BYTES} bytes.", field="password")
    if len(raw) > MOST_BYTES:
        raise Invalid(f"A password has at most {MOST_BYTES} bytes.", field="password")
    return raw
