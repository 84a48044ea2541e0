"""What the processes of a server are given: the memory that a hash took is given back."""

import subprocess
import sys

from chat.config import Config
from serving import child

HASHES = """
import threading
from argon2 import PasswordHasher

def size():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def hashes(kept):
    for _ in range(3):
        hasher.hash("a password")
        kept.append(bytearray(3000))  # what lies beyond the hash keeps the heap from shrinking

hasher = PasswordHasher(time_cost=1, memory_cost=19 * 1024, parallelism=1)
before, kept = size(), []
threads = [threading.Thread(target=hashes, args=[kept]) for _ in range(3)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(size() - before)
"""


def test_memory_of_hashes_is_given_back() -> None:
    """Nine hashes in three threads leave less behind than one of them takes."""
    grown = subprocess.run(
        [sys.executable, "-c", HASHES],
        env=child.environ(Config.from_environ({})),
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(grown.stdout) < 10_000_000
