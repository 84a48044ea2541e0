"""Node's packages for the bench, from the lock beside its server, as web/ gets its own."""

from __future__ import annotations

from pathlib import Path

import build_assets
from bench.server import ROOT

FOLDER = ROOT / "bench" / "peers" / "node"


def install(folder: Path = FOLDER) -> None:
    """node_modules fits the lock. Raises RuntimeError when the registry cannot be reached."""
    lock, kept = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if kept.exists() and kept.stat().st_mtime >= lock.stat().st_mtime:
        return
    words = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--silent"]
    if build_assets.npm(words, folder) != 0:
        raise RuntimeError("npm ci failed in bench/peers/node: is the npm registry reachable?")
