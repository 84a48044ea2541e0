"""The cable is cut: packets are dropped by the kernel's own routing, in a network namespace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT

# Root makes a namespace of the network alone; others need one of users too, where it is allowed.
UNSHARE = (
    ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
)
IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _why_not() -> str:
    if IP is None or shutil.which("unshare") is None:
        return "the commands ip and unshare are not there"
    tried = subprocess.run([*UNSHARE, IP, "rule"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() and f"no network namespace here: {tried.stderr.strip()}"


@pytest.mark.fault(6)
@pytest.mark.timeout(120)
def test_dropped_packets_end_in_offline_within_the_bound(tmp_path: Path) -> None:
    """A client whose packets are dropped in both directions is shown offline in time, once."""
    if why := _why_not():
        pytest.skip(why)
    played = subprocess.run(
        [*UNSHARE, sys.executable, "-W", "error", "-m", "tests.faults.namespace", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
