"""What is installed: the pins, the wheel's content, and nothing of this machine in the files."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REACH_INTO_EACH_OTHER = {
    "flask-socketio": "5.7",
    "python-socketio": "5.18",
    "python-engineio": "4.15",
    "eventlet": "0.41",
}
MACHINE_PATHS = re.compile(r"/(work|root|home)/[a-z]|/tmp/[a-z]|https?://[^\s\"']*(pypi|npmjs)")


@pytest.mark.parametrize(("package", "minor"), REACH_INTO_EACH_OTHER.items())
def test_package_that_we_reach_into_is_at_the_tested_version(package: str, minor: str) -> None:
    """The socket edge and chat/green.py use what these four do not promise to keep."""
    assert version(package).startswith(f"{minor}."), "read chat/edge.py and chat/green.py again"


def test_pins_keep_those_packages_together() -> None:
    """pip may not choose a newer minor version of the lower three by itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for package in ("python-socketio", "python-engineio", "eventlet"):
        major, minor = REACH_INTO_EACH_OTHER[package].split(".")
        (line,) = [one for one in project["dependencies"] if one.startswith(package)]
        assert line.endswith(f",<{major}.{int(minor) + 1}"), line


def test_wheel_holds_everything_that_serves(tmp_path: Path) -> None:
    """Templates, migrations, scripts of Redis, browser's files and words; no tests, no sources."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("rollcall-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    held = {str(path.relative_to(ROOT)) for path in (ROOT / "presence" / "lua").iterdir()}
    held |= {f"chat/{path.relative_to(ROOT)}" for path in (ROOT / "templates").rglob("*.html")}
    held |= {f"chat/{path.relative_to(ROOT)}" for path in (ROOT / "migrations").rglob("0*.py")}
    held |= {"chat/migrations/env.py", "chat/static/dist/manifest.json", "serving/worker.py"}
    held |= {"chat/translations/zh_CN/LC_MESSAGES/messages.mo"}
    assert held - names == set()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if "dist-info" not in name} == {"chat", "presence", "serving"}


def test_no_file_names_a_place_of_one_machine() -> None:
    """A clone works anywhere: no path of a developer's machine, no address of a registry."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.exists():
            continue
        hits = MACHINE_PATHS.findall(path.read_text(errors="ignore"))
        if hits:
            found[name] = hits
    assert found == {}
