"""Each test gets a database of its own."""

import sqlalchemy as sa

from chat import migrate
from chat.db import Database
from tests.support.postgres import Postgres


def test_a_database_url_names_an_empty_database(database_url: str) -> None:
    """A fresh database holds no table, on SQLite and on PostgreSQL."""
    engine = sa.create_engine(database_url)

    tables = sa.inspect(engine).get_table_names()
    engine.dispose()

    assert tables == []


def test_lent_database_holds_no_row_of_the_one_before(postgres_server: Postgres) -> None:
    """Rows are gone though they refer to each other, the schema and its revision stay."""
    url = postgres_server.lend(migrate.upgrade)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE a (id int PRIMARY KEY)"))
        connection.execute(sa.text("CREATE TABLE b (a int REFERENCES a)"))
        connection.execute(sa.text("INSERT INTO a VALUES (1)"))
        connection.execute(sa.text("INSERT INTO b VALUES (1)"))
    held = engine.connect()
    postgres_server.take_back(url)

    assert postgres_server.lend(migrate.upgrade) == url

    held.invalidate()
    db = Database(url)
    with db.reading() as sql:
        assert [sql.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in "ab"] == [0, 0]
    assert migrate.is_at_head(db)
    db.close()
    engine.dispose()
    postgres_server.drop(url)
