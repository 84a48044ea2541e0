"""Pictures that read on a light page and on a dark one: no background, one grey for all words."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WORDS = "#818b98"  # at least 3 to 1 on white and on GitHub's dark
OURS = "#2f81f7"
BOUND = "#e5534b"
OTHERS = ("#3fa34d", "#c08a2d", "#8957e5", "#d1619a", "#818b98")
STYLE = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": WORDS,
    "axes.labelcolor": WORDS,
    "axes.titlecolor": WORDS,
    "axes.edgecolor": WORDS,
    "xtick.color": WORDS,
    "ytick.color": WORDS,
    "grid.color": WORDS,
    "grid.alpha": 0.25,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "rollcall",
}


def figure(rows: int, columns: int, *, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """An empty figure of so many panels, row by row; size in inches."""
    mpl.use("svg")
    mpl.rcParams.update(STYLE)
    drawn = Figure(figsize=size, layout="constrained")
    panels = drawn.subplots(rows, columns, squeeze=False)
    return drawn, [panel for row in panels for panel in row]


def save(drawn: Figure, name: str, folder: Path = FOLDER) -> Path:
    """The picture is in docs/pictures under that name; where it is."""
    path = folder / f"{name}.svg"
    drawn.savefig(path, metadata={"Date": None})
    return path
