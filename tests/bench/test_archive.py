"""bench/archive.py from beginning to end, with few messages: what was measured is written."""

import sys
from itertools import islice
from pathlib import Path

import pytest

from bench import archive, archive_report, archive_scene, databases, page
from bench.archive_scene import READERS


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page that is written; nothing is measured yet."""
    copy = tmp_path / "PERFORMANCE.md"
    copy.write_text(archive_report.PAGE.read_text())
    monkeypatch.setattr(archive_report, "PAGE", copy)
    monkeypatch.setattr(archive_report, "FILE", tmp_path / "measured" / "archive.json")
    monkeypatch.setattr(page, "MEASURED", tmp_path / "measured")
    monkeypatch.setattr(databases, "CALM_WITHIN_S", 0)
    monkeypatch.setattr(archive, "QUESTIONS", dict(islice(archive.QUESTIONS.items(), 3)))
    monkeypatch.setattr(archive_scene, "DRAWN", 1000)
    monkeypatch.setattr("gc.freeze", lambda: None)  # it would be for all tests to come
    monkeypatch.setattr("chat.log.configure", lambda *_: None)
    return copy


def test_archive_is_made_asked_and_published(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question by each reader, each page by one, in the table and in the file of figures."""
    asked = "--messages 300 --rounds 1 --database sqlite --publish"
    monkeypatch.setattr(sys, "argv", ["archive", *asked.split()])

    archive.main()

    (run,) = archive_report.kept()
    names = [(one.name, one.reader) for one in run.asked if one.what == "search"]
    assert names == [(name, who) for name in archive.QUESTIONS for who in READERS]
    assert sum(one.what == "history" for one in run.asked) == 4
    assert all(len(one.took_ms) == len(one.cpu_ms) == 1 for one in run.asked)
    written = pages.read_text()
    assert archive_report.told(run) in written
    assert "| search in 1 000 000 messages, p95 | <= 60.0 ms | not measured | - |" in written


def test_databases_are_one_of_each_kind_or_the_one_that_was_named() -> None:
    """None is made before it is entered."""
    assert len(databases.empty(None, None)) == 2
    assert len(databases.empty("postgresql", None)) == 1
    (named,) = databases.empty(None, "sqlite:///here")
    with named as url:
        assert url == "sqlite:///here"
    with databases.empty("sqlite", None)[0] as url:
        assert url.startswith("sqlite:////")
