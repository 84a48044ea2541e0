"""Client addresses: what counts as one client, and how many connections each holds here.

The rule of the file: an IPv6 address stands for its /64, which is what one household gets; a single
address of it says nothing. It counts on this worker alone.
"""

import ipaddress
from collections import Counter
from typing import Final

_IPV6_NETWORK: Final = 64


def network_of(address: str) -> str:
    """Return what counts as one client: the IPv4 address, or the IPv6 network around it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return address


class AddressCounts:
    """How many connections each network has."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    def add(self, network: str) -> None:
        """One more."""
        self._held[network] += 1

    def remove(self, network: str) -> None:
        """One less; a network without any is forgotten."""
        self._held[network] -= 1
        if self._held[network] <= 0:
            del self._held[network]

    def of(self, network: str) -> int:
        """How many there are."""
        return self._held.get(network, 0)

    def __len__(self) -> int:
        return len(self._held)
