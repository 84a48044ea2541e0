"""The folder where Rollcall keeps what is its own: one running Rollcall a folder.

rollcall.db   SQLite, unless another database is named
secret_key    signs sessions, made at the first start, readable by the owner alone
redis/        the embedded Redis: its append-only file, socket and log
metrics/      counters of the workers, shared through files, new at each start
lock          held by the supervisor that uses the folder
"""

import fcntl
import os
import secrets
import shutil
from pathlib import Path
from typing import IO, Self

from chat.config import ConfigError


class DataFolder:
    """A folder that this process alone uses, until the with-block of this object ends."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        """Use `claim` instead."""
        self.path = path
        self.redis_dir = path / "redis"
        self.metrics_dir = path / "metrics"
        self._lock = lock  # the kernel lets go of it when this process ends, however it ends

    @classmethod
    def claim(cls, path: Path) -> Self:
        """Make the folder where it is missing and take its lock.

        Raises ConfigError when it cannot be written or another Rollcall uses it.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = (path / "lock").open("a+")
        except OSError as wrong:
            raise ConfigError(
                f"ROLLCALL_DATA (--data): {path} cannot be written: {wrong.strerror}"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with lock:
                raise ConfigError(_taken(path, lock)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return cls(path, lock)

    def __enter__(self) -> Self:
        """Hold the folder in a with-block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the folder."""
        self._lock.close()

    def secret_key(self) -> str:
        """Return the key that signs sessions, made at the first call for this folder."""
        file = self.path / "secret_key"
        if not file.exists():
            fresh = file.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            fresh.rename(file)
        return file.read_text().strip()

    def empty_metrics(self) -> Path:
        """Return the folder for the workers' counters, without those of an earlier run."""
        shutil.rmtree(self.metrics_dir, ignore_errors=True)
        self.metrics_dir.mkdir()
        return self.metrics_dir


def _taken(path: Path, lock: IO[str]) -> str:
    lock.seek(0)
    return (
        f"ROLLCALL_DATA (--data): {path} is in use by another Rollcall (process {lock.read()}); "
        "stop it or name another folder"
    )
