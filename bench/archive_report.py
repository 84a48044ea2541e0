"""What was measured of search and history, as a table for each database.

The rule of the file: what is published comes from the file of figures, so that a run on one
database leaves the other's as they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bench import page
from bench.figures import percentile, readable

PAGE = page.DOCS / "PERFORMANCE.md"
FILE = page.MEASURED / "archive.json"


class Asked(msgspec.Struct):
    """One question by one reader, or one kind of page: each call's time and CPU, in ms.

    what is search or history; reader says in how many rooms he is."""

    what: str
    name: str
    reader: str
    took_ms: list[float]
    cpu_ms: list[float]

    @property
    def p95_ms(self) -> float:
        """What 95 of a hundred calls did not exceed."""
        return percentile(self.took_ms, 0.95)


class Archive(msgspec.Struct):
    """A run on one database; migrated: what filling the search took; load: before and after."""

    database: str
    messages: int
    migrated_s: float
    migrated_cpu_s: float
    circumstances: str
    load: tuple[float, float]
    asked: list[Asked]


def told(run: Archive) -> str:
    """The table of a run, and what it was measured on."""
    readers = list(dict.fromkeys(one.reader for one in run.asked))
    count = f"{run.messages:,}".replace(",", " ")
    head = [f"{count} messages, p50 / p95 in ms", *readers, "CPU of Rollcall"]
    load = f"Load average {run.load[0]:.1f} before, {run.load[1]:.1f} after."
    filled = f"To fill the search took {run.migrated_s:.0f} s ({run.migrated_cpu_s:.0f} s CPU)."
    return f"{page.table(head, _rows(run, readers))}\n{run.circumstances} {load} {filled}\n"


def publish(fresh: Archive) -> None:
    """The page and the file have this run anew, and the other database's as it was."""
    runs = [fresh if one.database == fresh.database else one for one in kept()]
    if fresh not in runs:
        runs.append(fresh)
    page.MEASURED.mkdir(exist_ok=True)
    FILE.write_bytes(b"[" + b",\n".join(msgspec.json.encode(one) for one in runs) + b"]\n")
    page.write(PAGE, f"archive on {fresh.database}", told(fresh))


def kept() -> list[Archive]:
    """The runs that were published, one of a database at most."""
    return msgspec.json.decode(FILE.read_bytes(), type=list[Archive]) if FILE.exists() else []


def worst_p95_ms(runs: Sequence[Archive], what: str) -> float | None:
    """The p95 of the slowest question, or page, on the slower of both databases.

    None when it was not measured on both, or among fewer than a million messages."""
    whole = [run for run in runs if run.messages >= 1_000_000]
    if len(whole) < 2:
        return None
    return max(one.p95_ms for run in whole for one in run.asked if one.what == what)


def _rows(run: Archive, readers: Sequence[str]) -> Iterator[list[str]]:
    for name in dict.fromkeys(one.name for one in run.asked):
        asked = {one.reader: one for one in run.asked if one.name == name}
        cpu_ms = max(percentile(one.cpu_ms, 0.5) for one in asked.values())
        cells = (_cell(asked.get(reader)) for reader in readers)
        yield [name, *cells, readable(cpu_ms)]


def _cell(asked: Asked | None) -> str:
    if asked is None:
        return "-"
    return f"{readable(percentile(asked.took_ms, 0.5))} / {readable(asked.p95_ms)}"
