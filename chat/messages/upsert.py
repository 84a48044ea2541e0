"""INSERT ... ON CONFLICT for both databases: SQLAlchemy has it in each dialect, not in the core."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(sql: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert for the connection's database, to which on_conflict_do_... can be said."""
    if sql.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
