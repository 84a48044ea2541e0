"""What a soak found, as lines for who watches, as JSON for machines and as a table for people."""

import json
import platform
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.soak.costs import Costs
from tests.soak.town import Plan


@dataclass
class Findings:
    """What happened; wrong holds each divergence, in words."""

    plan: Plan
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    views: int = 0
    right_after_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left_over: dict[str, int] = field(default_factory=dict)
    memory: list[dict[str, object]] = field(default_factory=list)
    cpu_of_a_core: float = 0.0

    def weigh(self, costs: Costs) -> None:
        """Take over what the processes cost; lives too short to be seen twice are left out."""
        self.cpu_of_a_core = round(costs.cpu_s / max(self.seconds, 1), 3)
        self.memory = [
            {
                "process": life.name,
                "lived_s": round(life.sizes[-1][0] - life.sizes[0][0]),
                "first_mb": round(life.sizes[0][1] / 1e6, 1),
                "last_mb": round(life.sizes[-1][1] / 1e6, 1),
                "most_mb": round(max(size for _, size in life.sizes) / 1e6, 1),
                "slope_mb_per_hour": life.slope_mb_per_hour,
            }
            for life in costs.lives.values()
            if len(life.sizes) > 1
        ]

    def share(self, share: float) -> float:
        """Seconds within which that share of the quiet points was right."""
        sorted_s = sorted(self.right_after_s) or [0.0]
        return sorted_s[min(len(sorted_s) - 1, int(len(sorted_s) * share))]

    @property
    def is_right(self) -> bool:
        """Whether nothing diverged and nothing was left over."""
        return not self.wrong and not any(self.left_over.values())


def as_json(findings: Findings) -> str:
    """Return everything."""
    told = {**vars(findings), "plan": asdict(findings.plan), "is_right": findings.is_right}
    return json.dumps(told, indent=1)


def as_markdown(findings: Findings) -> str:
    """Return the closing table."""
    plan = findings.plan
    rows = {
        "ran": f"{findings.seconds / 60:.1f} min, seed {plan.seed}, Python "
        f"{platform.python_version()}",
        "town": f"{plan.people} people, {plan.workers} workers, timings x {plan.scale}",
        "faults": _counted(findings.faults),
        "acts of the people": _counted(findings.acts),
        "messages acknowledged": f"{findings.messages}",
        "views compared": f"{findings.views} at {len(findings.right_after_s)} quiet points",
        "right after a fault": f"p50 {findings.share(0.5):.1f} s, p99 {findings.share(0.99):.1f} s,"
        f" max {findings.share(1):.1f} s",
        "divergences": f"{len(findings.wrong)}",
        "left over at the end": _counted(Counter(findings.left_over)) or "0",
        "CPU of the server": f"{findings.cpu_of_a_core * 100:.1f} % of a core",
        "memory": "; ".join(_weights(findings.memory)),
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    return f"| soak | {'right' if findings.is_right else 'WRONG'} |\n|---|---|\n{table}"


def write(findings: Findings, folder: Path) -> None:
    """The folder holds soak.json and soak.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.json").write_text(as_json(findings))
    (folder / "soak.md").write_text(as_markdown(findings))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items()) if n)


def _weights(memory: list[dict[str, object]]) -> Iterator[str]:
    """Yield who lived long enough to have a slope, and the largest of those that did not."""
    for life in memory:
        slope = life["slope_mb_per_hour"]
        if isinstance(slope, float):
            grown = f"{life['first_mb']} to {life['last_mb']} MB, {slope:+.1f} MB/h"
            yield f"{life['process']} {grown}"
    short = [life for life in memory if life["slope_mb_per_hour"] is None]
    for name in sorted({str(life["process"]) for life in short}):
        sizes = [life["most_mb"] for life in short if life["process"] == name]
        most = max(size for size in sizes if isinstance(size, float))
        yield f"{len(sizes)} lives of a {name}, the largest {most} MB"
