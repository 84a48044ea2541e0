"""The built files: names, packing, budget, and pages without them."""

import gzip
import json
import re
from pathlib import Path

import pytest
from flask import Flask

import build_assets
from chat.pages.assets import Assets
from tests.pages.plain_browser import PlainBrowser

ROOT = Path(__file__).parents[2]
DIST = ROOT / build_assets.DIST
JS_MAX_BYTES = 56 * 1024
CSS_MAX_BYTES = 12 * 1024


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The files are built from the sources as they stand; free when they already are."""
    build_assets.build(ROOT)


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    """The built names by their plain ones."""
    names: dict[str, str] = json.loads((DIST / "manifest.json").read_text())
    return names


def test_first_load_keeps_to_the_budget(manifest: dict[str, str]) -> None:
    """The app with what it imports, and one language, are 56 KiB packed at most, the styles 12."""
    words = max(packed(name) for plain, name in manifest.items() if plain.startswith("zh"))
    app = sum(packed(name) for name in imported_by(manifest["app.js"]))
    assert app + words <= JS_MAX_BYTES
    assert packed(manifest["app.css"]) <= CSS_MAX_BYTES


def test_built_file_is_served_packed_and_for_good(app: Flask, manifest: dict[str, str]) -> None:
    """A browser that takes gzip gets the packed copy; both kinds may be kept for ever."""
    client = app.test_client()
    path = f"/assets/{manifest['app.js']}"
    small = client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
    whole = client.get(path, headers={"Accept-Encoding": "identity"}, buffered=True)
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in whole.headers
    assert gzip.decompress(small.data) == whole.data
    for answer in (small, whole):
        assert answer.mimetype == "text/javascript"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", [".stamp", "nothing.js", "..%2f..%2fconfig.py", "../config.py"])
def test_only_built_files_are_served(visitor: PlainBrowser, name: str) -> None:
    """Neither what is hidden nor what lies elsewhere can be had."""
    assert visitor.opens(f"/assets/{name}").status_code == 404


def test_new_build_is_seen_without_a_restart(tmp_path: Path, app: Flask) -> None:
    """The manifest is read again when a build replaced it."""
    assets = Assets(tmp_path)
    manifest = tmp_path / "manifest.json"
    with app.test_request_context():
        assert not assets.has("app.js")
        manifest.write_text('{"app.js": "app-1.js"}')
        assert assets.url("app.js") == "/assets/app-1.js"


def test_digest_changes_with_every_source(tmp_path: Path) -> None:
    """A changed, added or renamed source makes another stamp; a changed test does not."""
    web = tmp_path / "web"
    web.mkdir()
    (tmp_path / "build_assets.py").write_text("")
    (web / "main.jsx").write_text("one")
    before = build_assets.digest_of_sources(tmp_path)
    (web / "main.test.js").write_text("a test")
    assert build_assets.digest_of_sources(tmp_path) == before
    (web / "main.jsx").write_text("two")
    changed = build_assets.digest_of_sources(tmp_path)
    (web / "main.jsx").rename(web / "other.jsx")
    assert len({before, changed, build_assets.digest_of_sources(tmp_path)}) == 3


def imported_by(name: str) -> set[str]:
    """Return the file and every part that it loads before it runs."""
    found, ahead = set[str](), [name]
    while ahead:
        found.add(one := ahead.pop())
        text = (DIST / one).read_text()
        parts = re.findall(r"""(?:from|import)["']\./(part-\w+\.js)["']""", text)
        ahead += set(parts) - found
    return found


def packed(name: str) -> int:
    """Return the size of a built file as it goes over the line, in bytes."""
    return (DIST / f"{name}.gz").stat().st_size
