"""Two PostgreSQL queries of one second each, at once. Argument: the database's URL."""

# ruff: noqa: E402 - patched before SQLAlchemy and psycopg2 are loaded, as in a worker
from chat import green

green.patch()

import json
import sys
import threading
import time

from sqlalchemy import text

from chat.db import Database
from tests.chat.green_programs.stalls import StallWatch


def main(url: str) -> None:
    """Print how long both took together, and the longest stall."""
    db = Database(url)

    def ask() -> None:
        with db.reading() as sql:
            sql.execute(text("SELECT pg_sleep(1)"))

    watch, began = StallWatch(), time.monotonic()
    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    took_s = time.monotonic() - began
    print(json.dumps({"took_s": took_s, "longest_stall_s": watch.stop()}))


main(sys.argv[1])
