"""Pages of docs/ that a measurement writes a part of, and the machine that it was taken on."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
MEASURED = DOCS / "measured"


def write(page: Path, part: str, text: str) -> None:
    """The named part of the page is this text; the rest of it stays.

    A part stands between `<!-- part -->` and `<!-- end of part -->`. Raises ValueError without it.
    """
    place = re.compile(rf"(<!-- {part} -->\n).*?(<!-- end of {part} -->)", re.DOTALL)
    written, replaced = place.subn(lambda hit: hit[1] + text + hit[2], page.read_text())
    if replaced != 1:
        raise ValueError(f"{page.name} has no place for {part}")
    page.write_text(written)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; columns after the first hold figures, to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def circumstances(*packages: str) -> str:
    """One sentence: when, on what machine, with what versions of these packages."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"Measured on {datetime.now(UTC).date().isoformat()}: {_processor()}, "
        f"{platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}" + (f", {versions}." if versions else ".")
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    names = re.findall(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return f"{len(names)} cores of {names[0]}" if names else "an unknown processor"
