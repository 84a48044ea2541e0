"""The nursery: a process that has loaded the code of a worker, and forks one whenever it is asked.

So the code is loaded once for all workers, they share the memory it takes, and a dead one is
replaced in the time of a fork. A worker's parent is the supervisor, as if that had started it.
The migration needs some of the same code, and is forked too.

Rule of this file: nothing here runs green code, opens a connection or starts a thread: what is
there at a fork would be there in every worker. Source: docs/adr/0018.
"""

# ruff: noqa: E402 - serving.worker patches the standard library, and must come first
from serving import worker

worker.load()

import argparse
import gc
import os
import sys
from pathlib import Path

from chat import green
from serving import handoff, migration


def main() -> None:
    """Fork until the supervisor closes the link; in a forked process, be what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", type=int)
    link = green.plain_socket(parser.parse_args().link)
    _leave_no_metrics()
    gc.collect()
    gc.freeze()  # a collection in one worker would copy the pages that all of them share
    while (asked := handoff.asked(link)) is not None:
        order, descriptor = asked
        pid = _fork()
        if pid is None:
            link.close()
            green.begin_anew()
            os.setpgid(0, 0)  # Ctrl-C is for the supervisor, which then drains in order
            _be(order, descriptor)
            return
        os.close(descriptor)
        link.send(str(pid).encode())


def _be(order: bytes, descriptor: int) -> None:
    if order == handoff.WORKER:
        worker.serve(descriptor)
        return
    code = migration.main(descriptor)
    _leave_no_metrics()
    sys.exit(code)


def _fork() -> int | None:
    """Return the id of a new process whose parent is the supervisor; None in that process.

    Its parent is a process between that ends at once, and the supervisor adopts orphans."""
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        born = os.fork()
        if born == 0:
            os.close(reader)
            os.close(writer)
            return None
        os.write(writer, str(born).encode())
        os._exit(0)
    os.close(writer)
    os.waitid(os.P_PID, between, os.WEXITED)  # not waitpid, nor read below: they are green
    with open(reader, "rb") as told:  # noqa: PTH123 - a descriptor has no path
        return int(told.read())


def _leave_no_metrics() -> None:
    """Remove the files of this process, which counts nothing; each worker opens its own."""
    for file in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob(f"*_{os.getpid()}.db"):
        file.unlink()


if __name__ == "__main__":
    main()
