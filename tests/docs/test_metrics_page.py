"""docs/METRICS.md names every metric with its kind and labels, and none that is not there."""

import importlib
import re
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "METRICS.md"
ROW = re.compile(r"^\| `(rollcall_\w+)` \| (\w+) \| ([^|]*)\|", re.MULTILINE)

importlib.import_module("chat.app")  # registers every metric of a worker


def test_the_page_lists_every_metric_as_it_is() -> None:
    """Name, kind and labels are those of the code."""
    on_page = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall(PAGE.read_text())
    }
    in_code = {
        one._name + ("_total" if one._type == "counter" else ""): (one._type, one._labelnames)
        for one in list(REGISTRY._collector_to_names)
        if isinstance(one, MetricWrapperBase) and one._name.startswith("rollcall_")
    }
    assert on_page == in_code
