"""Each test gets a database of its own."""

import sqlalchemy as sa


def test_a_database_url_names_an_empty_database(database_url: str) -> None:
    """A fresh database holds no table, on SQLite and on PostgreSQL."""
    engine = sa.create_engine(database_url)

    tables = sa.inspect(engine).get_table_names()
    engine.dispose()

    assert tables == []
