"""The timings: contradictions are refused, bounds follow by the published formulas."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from presence import Bounds, Timings, TimingsError

PAGE = Path(__file__).parents[2] / "docs" / "TIMINGS.md"


def test_bounds_with_the_defaults_are_the_published_promises() -> None:
    """With the defaults the bounds are those that README and DESIGN promise."""
    assert Timings().bounds() == Bounds(
        tab_closed_ms=6_000,
        silent_ms=24_000,
        worker_killed_ms=20_500,
        signed_out_ms=1_000,
        came_online_ms=1_000,
        changed_ms=2_000,
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"lease_ms": 23_999}, ("lease_ms=23999", "3 x renew_ms=24000")),
        ({"ping_ms": 18_000}, ("lease_ms=30000", "ping_ms + ping_timeout_ms + grace_ms=31000")),
        ({"worker_lease_ms": 31_000}, ("lease_ms=30000", "worker_lease_ms=31000")),
        ({"sweep_ms": 1_251, "grace_ms": 6_000}, ("worker_lease_ms=10000", "8 x sweep_ms=10008")),
        ({"sweep_ms": 1_900, "worker_lease_ms": 30_000}, ("lease_ms=30000", "16 x sweep_ms=30400")),
        ({"grace_ms": 499}, ("grace_ms=499", "sweep_ms=500")),
    ],
)
def test_contradiction_is_refused_naming_both(
    changes: dict[str, int], named: tuple[str, str]
) -> None:
    """Two timings that contradict each other stop the start, and both are named with values."""
    with pytest.raises(TimingsError) as refusal:
        replace(Timings(), **changes)
    assert all(part in str(refusal.value) for part in named)


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Timings) if field.name != "apart_ms"]
)
def test_timing_of_zero_is_refused(name: str) -> None:
    """No timing may be zero, but that by which entries of a user are kept apart."""
    with pytest.raises(TimingsError, match=f"{name}=0"):
        replace(Timings(), **{name: 0})


def test_page_names_every_timing_with_its_default() -> None:
    """docs/TIMINGS.md has a row for each timing, with the default that the code has."""
    page = PAGE.read_text()
    for field in fields(Timings):
        assert f"| `{field.name}` | {field.default:,} |".replace(",", " ") in page, field.name


def test_page_states_the_bounds_of_the_defaults() -> None:
    """docs/TIMINGS.md has a row for each bound, with the value that the code computes."""
    page = PAGE.read_text()
    bounds = Timings().bounds()
    for field in fields(Bounds):
        value = f"{getattr(bounds, field.name):,}".replace(",", " ")
        row = next(line for line in page.splitlines() if line.startswith(f"| `{field.name}`"))
        assert row.rstrip(" |").endswith(value), row
