"""The process's limit of open files, and how many connections fit under it."""

import resource

MOST_OPEN_FILES = 1 << 20  # where the hard limit is "unlimited" the kernel still wants a number
RESERVE = 128  # a worker's own files: pools to Redis and SQL, logs, static files


def raise_open_files() -> None:
    """Raise the soft limit of open files to the hard one; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def seats(max_connections: int) -> int:
    """Return how many connections a worker may hold: the setting, or what open files allow."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(max_connections, files - min(RESERVE, files // 4)))
