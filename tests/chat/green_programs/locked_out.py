"""Four green writers of a SQLite database that another process has locked. Argument: its path."""

# ruff: noqa: E402 - patched before SQLAlchemy is loaded, as in a worker
from chat import green

green.patch()

import json
import subprocess
import sys
import threading
import time

from sqlalchemy import text

from chat.db import Database
from tests.chat.green_programs.stalls import StallWatch

HOLDER = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(1)
held.execute("COMMIT")
"""


def main(path: str) -> None:
    """Print how many wrote, how long it took, and the longest stall."""
    db = Database(f"sqlite:///{path}")
    with db.transaction() as sql:
        sql.execute(text("CREATE TABLE numbers (n INTEGER)"))

    def write() -> None:
        with db.transaction() as sql:
            sql.execute(text("INSERT INTO numbers VALUES (1)"))
            time.sleep(0.05)  # lets others run inside of the transaction, as a slow service would

    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        watch, began = StallWatch(), time.monotonic()
        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        waited_s = time.monotonic() - began
    with db.reading() as sql:
        written = sql.scalar(text("SELECT count(*) FROM numbers"))
    stall_s = watch.stop()
    print(json.dumps({"written": written, "waited_s": waited_s, "longest_stall_s": stall_s}))


main(sys.argv[1])
