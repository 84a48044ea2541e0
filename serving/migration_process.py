"""The migration as the supervisor sees it; without a nursery it loads the code itself."""

import os
import subprocess
from collections.abc import Mapping

from serving import child, handoff
from serving.nursery_process import Adopted, NurseryProcess


def migrate(nursery: NurseryProcess, environ: Mapping[str, str]) -> tuple[int, str]:
    """Let a process bring the database to the newest schema; return its code and its reason.

    Its log is on standard error meanwhile."""
    reader, writer = os.pipe()
    with open(reader) as words:  # noqa: PTH123 - a descriptor has no path
        try:
            process = nursery.fork(handoff.MIGRATION, writer) or _loaded(environ, writer)
        finally:
            os.close(writer)
        try:
            said = words.read()
            return process.wait(), said
        except BaseException:
            process.kill()
            raise


def _loaded(environ: Mapping[str, str], writer: int) -> "subprocess.Popen[bytes] | Adopted":
    return subprocess.Popen(  # noqa: S603 - our own argument list, no shell
        child.command("serving.migration", f"--told={writer}"),
        env=environ,
        pass_fds=[writer],
        stdin=subprocess.DEVNULL,
        process_group=0,  # Ctrl-C is for the supervisor
    )
