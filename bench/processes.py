"""What the processes of a server under load cost, read from /proc.

CPU is user + system seconds, which holds on a noisy machine where wall time does not."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass

import psutil

from serving.child import WORKER_NAME


@dataclass(frozen=True, slots=True)
class Cost:
    """cpu_s since the process started; rss_bytes now."""

    cpu_s: float = 0.0
    rss_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s + other.cpu_s, self.rss_bytes + other.rss_bytes)

    def since(self, earlier: Cost) -> Cost:
        """What was added after `earlier`."""
        return Cost(self.cpu_s - earlier.cpu_s, self.rss_bytes - earlier.rss_bytes)


@dataclass(frozen=True)
class Costs:
    """The cost of every process that takes part, by its part: supervisor, worker, Redis, server.

    Several processes of one part stand together; `each` has them one by one."""

    each: dict[tuple[str, int], Cost]

    @property
    def total(self) -> Cost:
        """All of them together."""
        return sum(self.each.values(), Cost())

    @property
    def by_part(self) -> dict[str, Cost]:
        """The processes of each part together."""
        parts: defaultdict[str, Cost] = defaultdict(Cost)
        for (part, _), cost in self.each.items():
            parts[part] += cost
        return dict(parts)

    def since(self, earlier: Costs) -> Costs:
        """What was added after `earlier`; a process that began meanwhile counts from its start."""
        return Costs(
            {key: cost.since(earlier.each.get(key, Cost())) for key, cost in self.each.items()}
        )


def costs_of(pids: list[int]) -> Costs:
    """The cost so far of these processes and of everything that they started."""
    each: dict[tuple[str, int], Cost] = {}
    for pid in pids:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            try:
                times, memory = process.cpu_times(), process.memory_info()
                part = part_of(process, is_first=process.pid == pid)
            except psutil.NoSuchProcess:
                continue
            each[part, process.pid] = Cost(times.user + times.system, memory.rss)
    return Costs(each)


def part_of(process: psutil.Process, *, is_first: bool) -> str:
    """What part a process plays, by its name or its command line; is_first: it started the others.

    Raises psutil.NoSuchProcess."""
    command = process.cmdline()
    if any("redis-server" in word for word in command[:1]):
        return "Redis"
    if process.name() == WORKER_NAME:
        return "worker"
    if "serving.nursery" in command:
        return "nursery"
    if is_first and any(word.endswith("run.py") for word in command):
        return "supervisor"
    return "server"


def own_cpu_s() -> float:
    """User and system seconds of this process: the load client's own cost."""
    times = os.times()
    return times.user + times.system


def holders_of_ports(pids: list[int]) -> dict[int, int]:
    """Which of the processes holds the connection whose other end has the port, by port."""
    return {
        end.raddr.port: pid
        for pid in pids
        for end in psutil.Process(pid).net_connections("tcp")
        if end.raddr
    }
