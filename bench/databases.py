"""Empty databases for a bench, and the time until they have nothing left to do."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.support.postgres import Postgres

KINDS = ("sqlite", "postgresql")
CALM = 1.0  # load average
CALM_WITHIN_S = 180.0


def empty(kind: str | None, url: str | None) -> list[AbstractContextManager[str]]:
    """The URL of the one that was named, of a new one of that kind, or of a new one of each."""
    if url:
        return [nullcontext(url)]
    kinds = dict(zip(KINDS, (_sqlite, _postgresql), strict=True))
    return [new() for name, new in kinds.items() if kind in {None, name}]


def settle(url: str) -> None:
    """What many writes left to do is done, as it would be by itself some minutes later."""
    if make_url(url).get_backend_name() == "postgresql":
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as sql:
            sql.execute(text("VACUUM ANALYZE"))
            sql.execute(text("CHECKPOINT"))  # else it writes for minutes, beside what is measured
    until_s = time.monotonic() + CALM_WITHIN_S
    while os.getloadavg()[0] > CALM and time.monotonic() < until_s:
        time.sleep(1)


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'rollcall.db'}"


@contextmanager
def _postgresql() -> Iterator[str]:
    server = Postgres()
    try:
        server.start()
        yield server.fresh_database()
    finally:
        server.stop()
