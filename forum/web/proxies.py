"""Whose request it is when proxies stand between: the first address that no trusted one vouches for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from forum.settings import UNIX

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_HOPS = 20


class TrustedProxies:
    """The addresses and networks of `PORCHLIGHT_TRUSTED_PROXIES`, and whether a unix socket is among them."""

    def __init__(self, words: Iterable[str]) -> None:
        words = set(words)
        self._unix = UNIX in words
        self._networks = [ipaddress.ip_network(word) for word in words if word != UNIX]

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's own address.

        `peer` is who connected, empty or a path through a unix socket; `forwarded` are the
        lines of X-Forwarded-For, to which each proxy adds the address that it was called
        from, some on a line of their own. What a client made up itself stands before those
        and is never reached, since the client is no trusted proxy. A hop that is no address
        ends the search: whoever wrote it is the last that is known.
        """
        address = _read(peer)
        known = peer if address is None else str(address)
        hops = [hop for line in forwarded for hop in line.split(",") if hop.strip()][-MOST_HOPS:]
        trusted = self._unix if address is None and (not peer or peer.startswith("/")) else self._trusts(address)
        while hops and trusted and (address := _read(hops.pop())) is not None:
            known, trusted = str(address), self._trusts(address)
        return known

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


@lru_cache(maxsize=1024)
def _read(hop: str) -> Address | None:
    """An address, also in brackets or with the port that some proxies add; one that only wraps IPv4 is that."""
    hop = hop.strip().strip('"')
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        address = ipaddress.ip_address(hop)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
