"""The command `rollcall` (or `python run.py`): options, checks, start, exit code.

Exit codes: 0 ended as asked, 1 the workers cannot be started, 2 a setting or what it names cannot
be used (one line on stderr), 128 + signal number when a second signal cut the drain short.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import NoReturn

from chat.config import Config, ConfigError, unknown_variables, variable_of
from serving import checks, child
from serving.acceptor import listen
from serving.data_folder import DataFolder
from serving.embedded_redis import EmbeddedRedis
from serving.limits import raise_open_files
from serving.migration_process import migrate
from serving.nursery_process import NurseryProcess
from serving.supervisor import Supervisor

BY_HAND = ("export", "import")  # commands of chat/cli.py that have no server to look after
UNUSABLE = 2  # the exit code for a setting, or what it names, that cannot be used


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"rollcall: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Rollcall until it is told to stop; return the exit code.

    `rollcall COMMAND` is what `python -m chat.cli COMMAND` does by hand."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given and given[0] in BY_HAND:
        _by_hand(given)
    options = vars(_parser().parse_args(given))
    try:
        config = Config.from_environ(
            os.environ, {k: v for k, v in options.items() if v is not None}
        )
        _warn_of_unknown(os.environ)
        return _serve(config)
    except ConfigError as wrong:
        print(f"rollcall: {wrong}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return 0


def _by_hand(given: Sequence[str]) -> NoReturn:
    from chat import cli  # noqa: PLC0415 - what runs the workers does not load it

    raise SystemExit(cli.main(given, prog_name="rollcall"))  # main itself ends, with its code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rollcall",
        allow_abbrev=False,
        description="A self-hosted web chat that always knows who is here.",
        epilog="Each option is also an environment variable; docs/self-hosting.md lists them all.",
    )
    for one in fields(Config):
        if one.metadata["option"]:
            says = f"{one.metadata['says']} [{variable_of(one)}; {one.default or 'none'}]"
            parser.add_argument(one.metadata["option"], dest=one.name, help=says, metavar="X")
    return parser


def _warn_of_unknown(environ: Mapping[str, str]) -> None:
    for name, nearest in unknown_variables(environ).items():
        hint = f"; did you mean {nearest}?" if nearest else ""
        print(f"rollcall: {name} is not a setting and is ignored{hint}", file=sys.stderr)


def _serve(config: Config) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    checks.timings(config)
    raise_open_files()
    with DataFolder.claim(config.data_dir) as folder:
        config = replace(config, secret_key=config.secret_key or folder.secret_key())
        listener = listen(config.host, config.port)
        config = replace(config, port=listener.getsockname()[1])
        with _redis(config, folder) as redis:
            config = replace(config, redis_url=config.redis_url or redis.url)
            checks.redis(config.redis_url)
            supervisor = Supervisor(config, folder, listener, redis)
            return supervisor.run(partial(_migrate, config))


def _migrate(config: Config, nursery: NurseryProcess) -> None:
    """Bring the database to the newest schema; raise ConfigError when it cannot be used."""
    code, said = migrate(nursery, child.environ(config))
    if code == UNUSABLE:
        raise ConfigError(said.strip())
    if code:
        raise ConfigError("the database could not be migrated: the reason stands above")


@contextlib.contextmanager
def _redis(config: Config, folder: DataFolder) -> Iterator[EmbeddedRedis]:
    """Give the embedded Redis, started unless a URL was given, and stop it in the end."""
    redis = EmbeddedRedis(folder.redis_dir)
    try:
        if not config.redis_url:
            redis.start()
        yield redis
    finally:
        redis.stop()
