"""The data folder: one Rollcall at a time, a secret that only its owner reads."""

import stat
from pathlib import Path

import pytest

from chat.config import ConfigError
from serving.data_folder import DataFolder


def test_claim_of_a_folder_in_use_is_refused_and_names_the_process(tmp_path: Path) -> None:
    """Two Redis or two migrations on one folder would destroy each other's work."""
    refused = pytest.raises(ConfigError, match=r"in use by another Rollcall \(process \d+\)")
    with DataFolder.claim(tmp_path / "data"), refused:
        DataFolder.claim(tmp_path / "data")
    with DataFolder.claim(tmp_path / "data"):
        pass


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    """Sessions outlive a restart, and nobody else on the machine can forge one."""
    with DataFolder.claim(tmp_path / "data") as folder:
        key = folder.secret_key()
        assert len(key) >= 32
        assert folder.secret_key() == key
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_empty_metrics_forgets_the_counters_of_an_earlier_run(tmp_path: Path) -> None:
    """Counts of processes that are long gone do not come back."""
    with DataFolder.claim(tmp_path / "data") as folder:
        (folder.empty_metrics() / "counter_1.db").write_text("old")
        assert list(folder.empty_metrics().iterdir()) == []
