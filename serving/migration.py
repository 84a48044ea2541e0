"""Brings the database to the newest schema, in a process of its own.

So the supervisor never loads SQL. The log goes to standard error as it comes: a long migration
tells how far it is.
"""

import argparse
import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from chat import log
from chat.config import Config
from chat.db import SqlUnavailable
from chat.migrate import UnknownSchemaError, upgrade
from serving.checks import first_line


def main(told: int) -> int:
    """Migrate the database of the environment; return 2 when it cannot be used.

    told is a descriptor, which is closed: the reason is written there, in one line."""
    config = Config.from_environ(os.environ)
    log.configure(config.log_level, config.log_format)
    with open(told, "w") as words:
        try:
            upgrade(config.database_url)
        except (SqlUnavailable, SQLAlchemyError, UnknownSchemaError) as wrong:
            cause = wrong.__cause__ or wrong
            said = first_line(getattr(cause, "orig", None) or cause)
            print(
                f"ROLLCALL_DATABASE_URL (--database-url): the database cannot be used: {said}",
                file=words,
            )
            return 2
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--told", type=int)
    sys.exit(main(parser.parse_args().told))
