"""What the bench writes into docs/: its tables, and its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from bench import charts, page, tables
from bench.rows import OURS, SEND_LOOP, US_DELIVERY, Results, Row, contestants

PAGE = page.DOCS / "PERFORMANCE.md"
PICTURE = "![CPU a delivery against the number of recipients](pictures/fan-out.svg)"
PACKAGES = ("flask-socketio", "eventlet", "redis", "uvicorn", "channels")


def publish(results: Results) -> None:
    """The page and its pictures are these results'."""
    for name, run in results.runs.items():
        rows = [row for row in results.rows if row.scenario == name]
        load = f"Load average {run.load_before:.1f} before, {run.load_after:.1f} after."
        text = f"{tables.of(rows)}\n{run.circumstances} {load}\n"
        if name == "fan-out":
            text = f"{PICTURE}\n\n{text}"
        page.write(PAGE, name, text)
    page.write(PAGE, "targets", tables.of_targets(results))
    _draw_fan_out(results)


def _draw_fan_out(results: Results) -> None:
    """CPU a delivery against the number of recipients."""
    drawn, (panel,) = charts.figure(1, 1, size=(7.5, 4.2))
    rows = [row for row in results.rows if row.unit == US_DELIVERY and row.case.isdigit()]
    rows = [row for row in rows if row.scenario in {"fan-out", "large fan-out"}]
    colours = dict(zip(_others(rows), charts.OTHERS, strict=False))
    for name in contestants(rows):
        points = {int(row.case): row.spread for row in rows if row.contestant == name}
        sizes = sorted(points)
        colour = charts.OURS if name == OURS else colours.get(name, charts.WORDS)
        panel.plot(
            sizes,
            [points[size].median for size in sizes],
            label=name,
            marker="o",
            color=colour,
            linewidth=2.2 if name == OURS else 1.2,
            linestyle=":" if name == SEND_LOOP else "-",
        )
    panel.set_xscale("log")
    panel.set_xticks([100, 500, 2000, 5000], ["100", "500", "2 000", "5 000"])
    panel.minorticks_off()
    panel.set_ylim(bottom=0)
    panel.set_xlabel("recipients of a message")
    panel.set_ylabel("microseconds of CPU a delivery")
    panel.legend()
    charts.save(drawn, "fan-out")


def _others(rows: Sequence[Row]) -> list[str]:
    return [name for name in contestants(rows) if name != OURS]
