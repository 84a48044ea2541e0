"""What Alembic runs: the migrations on the connection that chat/migrate.py opened.

For a new migration: `python -m chat.cli new-migration "Say what changes"`, then read what came out.
"""

from alembic import context

from chat import tables
from chat.db import metadata
from chat.migrate import is_compared

assert tables.ALL  # noqa: S101  (the import fills the metadata)


def run() -> None:
    """Run the migrations in the transaction of the given connection."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
