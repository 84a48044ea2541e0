"""The measured lags as a table, a picture and a file of figures.

The rule of the file: what is published comes from the file, so that a run of some kinds leaves the
others theirs, each with the load of the machine it was measured under."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from matplotlib.axes import Axes

from bench import charts, page
from bench.figures import Lags, percentile
from bench.kinds import Judged, Kind

PAGE = page.DOCS / "TIMINGS.md"
FILE = page.MEASURED / "lag.json"
HEAD = ("what happened", "times", "not before", "p50", "p99", "max", "bound", "wrong", "load")
STEPS = 200  # of a curve


class Kept(msgspec.Struct):
    """One kind as it is kept: whole milliseconds; load: of the machine, before and after."""

    kind: Kind
    lags_ms: list[int]
    wrong: int
    load: tuple[float, float]


def kept(one: Judged, load: tuple[float, float]) -> Kept:
    """The figures of one kind."""
    return Kept(one.kind, [round(lag) for lag in sorted(one.lags_ms)], len(one.wrong), load)


def table(kinds: Sequence[Kept]) -> str:
    """A row a kind."""
    return page.table(HEAD, (_row(one) for one in kinds))


def publish(fresh: Sequence[Kept]) -> None:
    """The page, the picture and the file have these kinds anew, and the others as they were."""
    old = msgspec.json.decode(FILE.read_bytes(), type=list[Kept]) if FILE.exists() else []
    anew = {one.kind.name: one for one in fresh}
    kinds = [anew.pop(one.kind.name, one) for one in old] + list(anew.values())
    page.MEASURED.mkdir(exist_ok=True)
    FILE.write_bytes(b"[" + b",\n".join(msgspec.json.encode(one) for one in kinds) + b"]\n")
    heading = page.circumstances("flask-socketio", "eventlet", "redis")
    page.write(PAGE, "measured lag", f"{heading}\n\n{table(kinds)}")
    draw(kinds)


def draw(kinds: Sequence[Kept]) -> None:
    """One panel a kind: the share that was shown by then, and the bound."""
    drawn, panels = charts.figure(2, 4, size=(11, 4.6))
    for panel, one in zip(panels, kinds, strict=False):
        _panel(panel, one.kind, one.lags_ms)
    for panel in panels[len(kinds) :]:
        panel.set_axis_off()
        panel.plot([], [], color=charts.OURS, label="shown to others by then")
        panel.plot([], [], color=charts.BOUND, label="published bound")
        panel.plot([], [], color=charts.BOUND, linestyle=":", label="not before")
        panel.legend(loc="center")
    charts.save(drawn, "lag")


def _panel(panel: Axes, kind: Kind, all_ms: Sequence[float]) -> None:
    lags_ms = [percentile(all_ms, step / STEPS) for step in range(STEPS + 1)]
    shares = [100 * (place + 1) / len(lags_ms) for place in range(len(lags_ms))]
    panel.step([0, *(lag / 1000 for lag in lags_ms)], [0, *shares], where="post", color=charts.OURS)
    panel.axvline(kind.bound_ms / 1000, color=charts.BOUND)
    if kind.least_ms:
        panel.axvline(kind.least_ms / 1000, color=charts.BOUND, linestyle=":")
    margin = (kind.bound_ms - kind.least_ms) * 0.08
    panel.set_xlim(max(0, kind.least_ms - margin) / 1000, (kind.bound_ms + margin) / 1000)
    panel.set_ylim(0, 101)
    panel.set_title(kind.name)
    panel.set_xlabel("seconds")
    panel.set_ylabel("%")


def _row(one: Kept) -> list[str]:
    kind, lags = one.kind, Lags.of(one.lags_ms)
    figures = [kind.least_ms, lags.p50_ms, lags.p99_ms, lags.max_ms, kind.bound_ms]
    written = [f"{figure:,.0f}".replace(",", " ") for figure in figures]
    written[-1] = f"**{written[-1]}**"
    load = f"{one.load[0]:.1f}-{one.load[1]:.1f}"
    return [kind.name, str(lags.count), *written, str(one.wrong), load]
