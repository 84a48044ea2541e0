"""What was measured of search and history, as a table for each database.

The rule of the file: what is published comes from the file of figures, so that a run on one
database leaves the other's as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from bench import page
from bench.figures import percentile, readable

PAGE = page.DOCS / "PERFORMANCE.md"
FILE = page.MEASURED / "archive.json"
TARGETED = 1_000_000  # messages
DATABASES = 2
QUIET = 2.0  # load average at which time says something, with two cores


class Asked(msgspec.Struct):
    """One question by one reader, or one kind of page: each call's time and CPU, in ms.

    what is search or history; reader says in how many rooms he is. CPU is that of Rollcall and of
    the database together: it holds on a busy machine, where time does not."""

    what: str
    name: str
    reader: str
    took_ms: list[float]
    cpu_ms: list[float]


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
    head = [f"{count} messages, p95 of CPU / of time, in ms", *readers]
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


def p95_ms(runs: Sequence[Archive], what: str) -> float | None:
    """The p95 of all that was asked, or of all pages, on the slower of both databases.

    None when it was not measured on both, on a machine with nothing else to do."""
    return _on_the_slower(
        runs,
        lambda run: percentile([ms for one in _of(run, what) for ms in one.took_ms], 0.95),
    )


def worst_p95_ms(runs: Sequence[Archive], what: str) -> float | None:
    """The p95 of the slowest question, or kind of page, alone; else as `p95_ms`."""
    return _on_the_slower(
        runs, lambda run: max(percentile(one.took_ms, 0.95) for one in _of(run, what))
    )


def _on_the_slower(runs: Sequence[Archive], measured: Callable[[Archive], float]) -> float | None:
    whole = [run for run in runs if run.messages >= TARGETED and max(run.load) <= QUIET]
    return max(map(measured, whole)) if len(whole) >= DATABASES else None


def _of(run: Archive, what: str) -> list[Asked]:
    return [one for one in run.asked if one.what == what]


def _rows(run: Archive, readers: Sequence[str]) -> Iterator[list[str]]:
    for name in dict.fromkeys(one.name for one in run.asked):
        asked = {one.reader: one for one in run.asked if one.name == name}
        yield [name, *(_cell(asked.get(reader)) for reader in readers)]


def _cell(asked: Asked | None) -> str:
    if asked is None:
        return "-"
    figures = (percentile(all_ms, 0.95) for all_ms in (asked.cpu_ms, asked.took_ms))
    return " / ".join(map(readable, figures))
