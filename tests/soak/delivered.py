"""What a delivery run is made of and what it found, as JSON for machines and a table for people."""

import json
import platform
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Delivery:
    """What a run is made of."""

    clients: int
    messages: int
    seconds: float
    seed: int
    kill_every_s: float
    kills: int  # at most
    kill_calm: int  # messages acknowledged between two kills, at least
    redis_restarts: int
    networks: int  # each with its share of the clients
    network_pause_s: float  # between two faults of one network, on average
    network_calm: int  # messages acknowledged between two faults of one network, at least

    @property
    def restarts_after(self) -> list[int]:
        """After how many messages Redis comes back empty: evenly spread."""
        part = self.messages // (self.redis_restarts + 1)
        return [part * number for number in range(1, self.redis_restarts + 1)]


@dataclass
class Delivered:
    """What a run found; wrong names each difference."""

    plan: Delivery
    database: str
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0
    again: int = 0
    changes: int = 0
    connects: int = 0
    heals: int = 0  # answers of message:since that brought something
    resets: int = 0  # rooms that such an answer began anew: what is before is paged back
    held: int = 0  # messages that the clients held in the end, without those paged back
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    healed_after_s: float = 0.0


def as_markdown(found: Delivered) -> str:
    """Return the closing table."""
    plan = found.plan
    faults = ", ".join(f"{name} {n}" for name, n in sorted(found.faults.items()))
    rows = {
        "ran": f"{found.seconds / 60:.1f} min, seed {plan.seed}, Python "
        f"{platform.python_version()}, {found.database}",
        "clients": f"{plan.clients} on two workers, {found.connects} connections",
        "faults": faults,
        "messages acknowledged": f"{found.acknowledged} of {plan.messages}, "
        f"{found.again} of them at a later try than the one that stored them",
        "changes of messages": f"{found.changes}",
        "gaps closed": f"{found.heals} answers of message:since brought something, "
        f"{found.resets} rooms began anew; in the end the clients held {found.held} messages",
        "every client like a fresh load after": f"{found.healed_after_s} s",
        "differences": f"{len(found.wrong)}",
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    wrong = "".join(f"- {one}\n" for one in found.wrong[:20])
    return f"| delivery | {'WRONG' if found.wrong else 'right'} |\n|---|---|\n{table}{wrong}"


def write(found: Delivered, folder: Path) -> None:
    """The folder holds delivery-<database>.json and .md."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"delivery-{found.database.lower()}"
    told = {**vars(found), "plan": asdict(found.plan)}
    path.with_suffix(".json").write_text(json.dumps(told, indent=1))
    path.with_suffix(".md").write_text(as_markdown(found))
