"""What the server's processes cost while they live: memory over time, and CPU of all together."""

import time
from dataclasses import dataclass, field

import psutil

from serving.child import WORKER_NAME

WARM_UP = 0.25  # of a life, that a slope leaves out: caches fill
SHORTEST_S = 1_200.0  # a younger process has no slope: it is still warming up


@dataclass
class Life:
    """One process: its name, and (seconds, bytes) as they were seen."""

    name: str
    sizes: list[tuple[float, int]] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def slope_mb_per_hour(self) -> float | None:
        """Least squares over all but the warm-up; None for a short life."""
        if not self.sizes or self.sizes[-1][0] - self.sizes[0][0] < SHORTEST_S:
            return None
        warm = self.sizes[int(len(self.sizes) * WARM_UP) :]
        mean_s = sum(at_s for at_s, _ in warm) / len(warm)
        mean = sum(size for _, size in warm) / len(warm)
        spread = sum((at_s - mean_s) ** 2 for at_s, _ in warm)
        along = sum((at_s - mean_s) * (size - mean) for at_s, size in warm)
        return along / spread * 3600 / 1e6


class Costs:
    """The lives of a family of processes."""

    def __init__(self, elder: int) -> None:
        """elder: the worker that lives through everything."""
        self._began_s = time.monotonic()
        self._elder = elder
        self.lives: dict[int, Life] = {}

    def sample(self, pids: list[int]) -> None:
        """Look at the processes and all that they started; one that ends meanwhile is left out."""
        for pid in pids:
            try:
                family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            for process in family:
                self._note(process)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all lives together, as far as they were seen."""
        return sum(life.cpu_s for life in self.lives.values())

    def rss_mb(self, name: str) -> float:
        """The latest size of the last process of that name, in megabytes."""
        sizes = [life.sizes[-1][1] for life in self.lives.values() if life.name == name]
        return sizes[-1] / 1e6 if sizes else 0.0

    def _note(self, process: psutil.Process) -> None:
        try:
            times, size = process.cpu_times(), process.memory_info().rss
            life = self.lives.setdefault(process.pid, Life(self._name_of(process)))
        except psutil.NoSuchProcess:
            return
        if size:
            life.sizes.append((time.monotonic() - self._began_s, size))
            life.cpu_s = times.user + times.system

    def _name_of(self, process: psutil.Process) -> str:
        if process.pid == self._elder:
            return "elder"
        if "redis" in process.name():
            return "redis"
        if process.name() == WORKER_NAME:
            return "worker"
        return "nursery" if "serving.nursery" in process.cmdline() else "supervisor"
