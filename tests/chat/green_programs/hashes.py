"""Four long computations through the pool of two, in a green process."""

# ruff: noqa: E402 - patched before anything of the chat is loaded, as in a worker
from chat import green

green.patch()

import hashlib
import json
import threading
from itertools import count

import psutil

from chat.blocking import BlockingPool
from tests.chat.green_programs.stalls import StallWatch

ROUNDS = 1_500_000  # about a second of one core; hashlib lets go of the interpreter lock


def main() -> None:
    """Print how many finished, how many ran at once at most, and the longest stall."""
    pool, finished = BlockingPool(2), count()
    running: list[int] = []
    most = 0

    def compute() -> None:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", ROUNDS)
        running.pop()
        next(finished)

    watch = StallWatch()
    callers = [threading.Thread(target=pool, args=(compute,)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    stall_s = watch.stop()
    told = {"finished": next(finished), "most": most, "longest_stall_s": stall_s}
    print(json.dumps({**told, "threads": psutil.Process().num_threads()}))


main()
