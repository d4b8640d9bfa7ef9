"""Network addresses: which of them are one subscriber's."""

from __future__ import annotations

import ipaddress

IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """The address, or for IPv6 the network it is in: one subscriber has 2^64 addresses there to change between."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), IPV6_PREFIX), strict=False))
