"""Results as Markdown tables; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bench import page
from bench.figures import Spread, readable
from bench.rows import OURS, Results, Row, contestants
from bench.targets import TARGETS, Target


def of(rows: Sequence[Row]) -> str:
    """A table for each case: the contestants, median, least, most, and how many times ours."""
    cases = list(dict.fromkeys((row.case, row.unit) for row in rows))
    everybody = contestants(rows)
    if len(everybody) == 1:
        return page.table(
            ["what", "median", "least", "most", "unit"],
            ([row.case, *_figures(row.spread), row.unit] for row in rows),
        )
    head = [f"{len(rows[0].rounds)} rounds", *(f"{case}, {unit}" for case, unit in cases)]
    return page.table(
        head, ([name, *(_cell(rows, name, case) for case, _ in cases)] for name in everybody)
    )


def of_targets(results: Results, targets: Sequence[Target] = TARGETS) -> str:
    """Each target beside what was measured; one that is missed says so."""
    rows = []
    for target in targets:
        value = target.measured(results)
        told = "not measured" if value is None else f"{readable(value)} {target.unit}"
        met = "-" if value is None else ("yes" if target.is_met(value) else "**no**")
        rows.append(
            [target.what, f"{target.sign} {readable(target.limit)} {target.unit}", told, met]
        )
    return page.table(["what", "target", "measured", "met"], rows)


def _cell(rows: Sequence[Row], contestant: str, case: str) -> str:
    mine = [row for row in rows if row.case == case]
    own = [row for row in mine if row.contestant == contestant]
    if not own:
        return "-"
    spread = own[0].spread
    text = f"{readable(spread.median)} ({readable(spread.least)}-{readable(spread.most)})"
    ours = [row for row in mine if row.contestant == OURS]
    if contestant == OURS or not ours or not ours[0].spread.median:
        return text
    return f"{text}, x {spread.over(ours[0].spread):.2f}"


def _figures(spread: Spread) -> list[str]:
    return [readable(value) for value in (spread.median, spread.least, spread.most)]
