"""Brings the database to the newest schema, in a process of its own.

So the supervisor never loads SQL.
"""

import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from chat.config import Config
from chat.db import SqlUnavailable
from chat.migrate import UnknownSchemaError, upgrade
from serving.checks import first_line


def main() -> int:
    """Migrate the database of the environment; return 2 after one line when it cannot be used."""
    try:
        upgrade(Config.from_environ(os.environ).database_url)
    except (SqlUnavailable, SQLAlchemyError, UnknownSchemaError) as wrong:
        cause = wrong.__cause__ or wrong
        said = first_line(getattr(cause, "orig", None) or cause)
        print(
            f"ROLLCALL_DATABASE_URL (--database-url): the database cannot be used: {said}",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
