"""What counts as one client address."""

import pytest

from chat.addresses import AddressCounts, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
        ("a proxy's word", "a proxy's word"),
    ],
)
def test_ipv6_counts_by_household(address: str, network: str) -> None:
    """An IPv4 address counts alone, IPv6 by its /64; whatever else is said stands for itself."""
    assert network_of(address) == network


def test_network_without_connections_is_forgotten() -> None:
    """Memory holds only who is connected."""
    counts = AddressCounts()
    counts.add("a")
    counts.add("a")
    counts.add("b")
    counts.remove("a")
    counts.remove("b")

    assert (counts.of("a"), counts.of("b"), len(counts)) == (1, 0, 1)
