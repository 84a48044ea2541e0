"""A tab in a process of its own, to be frozen: python -m tests.support.client HOST COOKIE."""

import sys
import threading

from tests.support.tab import Tab


def main() -> None:
    """Stay connected until this process is ended."""
    host, cookie = sys.argv[1:]
    Tab(host, cookie, reconnects=True).opens()
    threading.Event().wait()


if __name__ == "__main__":
    main()
