"""presence/README.md: its code runs as it stands there, and its numbers are those of the code."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from presence import Timings
from tests.examples.programs import Program, Visitor
from tests.support.redis_process import RedisProcess
from tests.support.server import ROOT
from tests.support.waiting import wait_until

PAGE = (ROOT / "presence" / "README.md").read_text()
TIMINGS_PAGE = (ROOT / "docs" / "TIMINGS.md").read_text()
BLOCK = re.compile(r"<!-- tested: ([\w -]+) -->\n```python\n(.*?)```", re.DOTALL)
BOUND = re.compile(r"^\| `(\w+_ms)` \| ([^|]+) \|", re.MULTILINE)

AN_APPLICATION = """
import os, sys
from flask import Flask
from flask_socketio import SocketIO
REDIS_URL = os.environ["REDIS_URL"]
app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading", ping_interval=10, ping_timeout=8)
{block}
socketio.run(app, port=int(sys.argv[1]), allow_unsafe_werkzeug=True)
"""


def block(name: str) -> str:
    """The code that the page shows under this name."""
    return str(dict(BLOCK.findall(PAGE))[name])


def test_readme_shows_no_python_that_is_not_run() -> None:
    """Code that nobody runs is wrong sooner or later."""
    assert PAGE.count("```python") == len(BLOCK.findall(PAGE)) == 2


def test_readme_needs_fifteen_lines_in_an_application() -> None:
    """Fifteen lines are fifteen lines."""
    assert len(block("in flask-socketio").splitlines()) == 15


def test_fifteen_lines_show_who_comes_and_goes(private_redis: RedisProcess, tmp_path: Path) -> None:
    """Pasted into a stock application they say who is online, and offline after the grace."""
    file = tmp_path / "application.py"
    file.write_text(AN_APPLICATION.format(block=block("in flask-socketio")))
    url = {"REDIS_URL": private_redis.url}
    program = Program(file, ["PORT"], tmp_path / "log", settings=url).serves()
    bob, ann = (Visitor(program.url, name, "presence") for name in ("bob", "ann"))
    bob.enters()
    ann.enters()
    wait_until(lambda: said(bob, "ann") == ["online"], 3, "ann is online")
    left_s = time.monotonic()

    ann.leaves()

    wait_until(lambda: said(bob, "ann") == ["online", "offline"], 8, "ann is offline")
    gone_s = bob.heard[-1].at_s - left_s
    assert 5.0 <= gone_s <= Timings().bounds().tab_closed_ms / 1000
    program.stop()
    bob.is_gone()
    ann.is_gone()
    assert "Traceback" not in program.log()


def test_without_flask_it_prints_what_the_page_says(private_redis: RedisProcess) -> None:
    """The second block is a whole program; its output stands on the page."""
    ran = subprocess.run(
        [sys.executable, "-c", block("without flask")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "REDIS_URL": private_redis.url},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [line for line in ran.stdout.splitlines() if line != "known"]
    assert lines == ["1 ann online connected", "2 ann offline closed", "offline"]
    for line in lines:
        assert f"`{line}`" in PAGE


def test_without_flask_nothing_of_flask_is_imported() -> None:
    """A stranger without Flask-SocketIO can use everything but the binding."""
    asked = "import sys, presence; print({'flask', 'socketio', 'eventlet'} & set(sys.modules))"

    ran = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "set()"


def test_readme_gives_the_formulas_of_the_timings_page() -> None:
    """Both pages say the same of each bound, and name each that the code has."""
    here, there = dict(BOUND.findall(PAGE)), dict(BOUND.findall(TIMINGS_PAGE))
    for name in Timings().bounds().__slots__:
        plain = [one[name].replace("`", "").strip() for one in (here, there)]
        assert plain[0] == plain[1] or name == "signed_out_ms"


def said(viewer: Visitor, name: str) -> list[str]:
    """What the viewer was told of somebody, in order."""
    return [heard.payload["status"] for heard in viewer.heard if heard.payload["user"] == name]
