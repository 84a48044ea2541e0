"""Take out each safeguard in a copy of the tree and see its test go red.

    python -m tests.mutants [WORD ...]

Only the safeguards whose name holds one of the words, if any are given. Ends with 1 when one
survives, or when a test is red without any change: then its redness says nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "data", "pictures"
)
LONGEST_S = 240
GREEN, RED = 0, 1  # what pytest ends with; all else is no verdict
NOT_FOUND, SKIPPED = -1, -2


def main(words: list[str]) -> int:
    """Print a line for each safeguard; return how the process ends."""
    chosen = [one for one in MUTANTS if not words or any(word in one.safeguard for word in words)]
    with tempfile.TemporaryDirectory(prefix="rollcall-mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND)
        print(f"{len(chosen)} safeguards; first their tests without any change", flush=True)
        if _verdict(tree, list(dict.fromkeys(one.test for one in chosen))) != GREEN:
            print("not green: nothing can be said")
            return 1
        verdicts = [_shown(tree, number, one) for number, one in enumerate(chosen, start=1)]
    survivors = verdicts.count(False)
    print(f"{len(chosen) - survivors} noticed, {survivors} survived")
    return 1 if survivors else 0


def _shown(tree: Path, number: int, mutant: Mutant) -> bool:
    began_s = time.monotonic()
    verdict = _verdict_on(tree, mutant)
    word = {GREEN: "SURVIVED", RED: "red"}.get(verdict, f"NO VERDICT ({verdict})")
    took_s = time.monotonic() - began_s
    print(f"{number:3} {word:9} {took_s:5.1f} s  {mutant.safeguard}  [{mutant.test}]", flush=True)
    return verdict == RED


def _verdict_on(tree: Path, mutant: Mutant) -> int:
    file = tree / mutant.file
    whole = file.read_text()
    if whole.count(mutant.text) != 1:
        return NOT_FOUND
    file.write_text(whole.replace(mutant.text, mutant.replacement))
    try:
        return _verdict(tree, [mutant.test])
    finally:
        file.write_text(whole)


def _verdict(tree: Path, tests: list[str]) -> int:
    """How pytest ends on these tests; a test that hangs is red too."""
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    limit_s = LONGEST_S * (1 + len(tests) // 4)
    try:
        done = subprocess.run(
            command, cwd=tree, env=environ, capture_output=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return RED
    if done.returncode not in {GREEN, RED} or (len(tests) > 1 and done.returncode):
        print(done.stdout.decode()[-3000:], done.stderr.decode()[-1000:])
    if done.returncode == GREEN and b" passed" not in done.stdout:
        return SKIPPED
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
