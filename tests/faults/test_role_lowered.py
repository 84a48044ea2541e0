"""A role that is lowered while its user is connected: every live connection acts in the new one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from tests.support.people import Person
from tests.support.server import QUICK, ROOT, Server

SignsUp = Callable[[Server, str], Person]
BOUND_S = 1.0


def test_revoked_administrator_is_none_on_any_worker_within_a_second(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """Tabs on both workers are told, and the administrator's answers are for others from now on."""
    server = starts_server(settings={**QUICK, "ROLLCALL_HEADS_MS": "15000"})  # no beat helps
    ann = signs_up(server, "ann")
    first = ann.opens_tab()
    held_by = server.worker_of(first.local_port)
    second = ann.opens_tab_on(lambda pid: pid != held_by)
    assert [tab.ready["role"] for tab in (first, second)] == ["admin", "admin"]
    assert ann.api.get("/api/v1/admin/presence").status == 200

    environ = {**os.environ, "ROLLCALL_DATA": str(server.folder / "data")}
    ran = subprocess.run(
        [sys.executable, "-m", "chat.cli", "admin", "revoke", ann.username],
        env=environ, cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    revoked_s = time.monotonic()
    assert b"Redis is away" not in ran.stderr  # the workers were told

    for tab in (first, second):
        told = tab.waits_for("session:role", within_s=5)
        assert told.payload["role"] == "user"
        assert time.monotonic() - revoked_s <= BOUND_S * 2
    assert ann.api.get("/api/v1/admin/presence").error == "not_found"
