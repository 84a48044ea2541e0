"""What the processes of a server under load cost, read from /proc.

CPU is user + system seconds, which holds on a noisy machine where wall time does not."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """cpu_s since the processes started; rss_bytes now. Summed over all of them."""

    cpu_s: float
    rss_bytes: int

    def since(self, earlier: Cost) -> Cost:
        """What was added after `earlier`."""
        return Cost(self.cpu_s - earlier.cpu_s, self.rss_bytes - earlier.rss_bytes)


def family(pid: int) -> list[psutil.Process]:
    """The process and everything that it started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cost(processes: list[psutil.Process]) -> Cost:
    """The cost of those that still run."""
    cpu_s, rss_bytes = 0.0, 0
    for process in processes:
        if process.is_running():
            times = process.cpu_times()
            cpu_s += times.user + times.system
            rss_bytes += process.memory_info().rss
    return Cost(cpu_s, rss_bytes)
