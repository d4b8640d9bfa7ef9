"""How many connections may be open at once: in this process, from one address, of one account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from forum.addresses import network_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """An address may stand for an office, so whoever signs in counts by their account instead."""

    process: int = 4000
    address: int = 60
    account: int = 12


class Full(Exception):
    """No more is let in now; `status` and `retry_after` say so to a browser."""

    def __init__(self, status: int, retry_after: int) -> None:
        super().__init__(f"No more connections ({status}).")
        self.status = status
        self.retry_after = retry_after


@dataclass(slots=True)
class Doors:
    bounds: Bounds = field(default_factory=Bounds)
    inside: int = 0
    _by: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> str:
        """Let a visitor in; returns what to `leave` by.

        Raises:
            Full: the process or the address has as many as it may.
        """
        who = f"address {network_of(address)}"
        if self.inside >= self.bounds.process:
            raise Full(503, 30)
        if self._by[who] >= self.bounds.address:
            raise Full(429, 60)
        self.inside += 1
        self._by[who] += 1
        return who

    def become(self, who: str, account_id: int) -> str:
        """Count somebody who came in as a visitor by their account from now on.

        Raises:
            Full: the account has as many as it may.
        """
        person = f"account {account_id}"
        if self._by[person] >= self.bounds.account:
            raise Full(429, 60)
        self._forget(who)
        self._by[person] += 1
        return person

    def leave(self, who: str) -> None:
        self.inside -= 1
        self._forget(who)

    def _forget(self, who: str) -> None:
        self._by[who] -= 1
        if self._by[who] <= 0:
            del self._by[who]
