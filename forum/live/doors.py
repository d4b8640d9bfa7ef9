"""How many connections may be open at once: in this process, from one address, of one account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from forum.addresses import network_of

NOBODY_YET = "door"


@dataclass(frozen=True, slots=True)
class Bounds:
    """An address may stand for an office, so it counts those alone who are signed out; the others their accounts do."""

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

    def enter(self) -> str:
        """Let somebody in of whom it is not known who they are; returns what to `leave` by, unless they `become` more.

        Raises:
            Full: the process has as many as it may.
        """
        if self.inside >= self.bounds.process:
            raise Full(503, 30)
        self.inside += 1
        self._by[NOBODY_YET] += 1
        return NOBODY_YET

    def become(self, who: str, address: str, account_id: int | None) -> str:
        """Count them by their account from now on or, signed out, by their address.

        Raises:
            Full: the account or the address has as many as it may.
        """
        known = f"account {account_id}" if account_id is not None else f"address {network_of(address)}"
        if self._by[known] >= (self.bounds.address if account_id is None else self.bounds.account):
            raise Full(429, 60)
        self._forget(who)
        self._by[known] += 1
        return known

    def leave(self, who: str) -> None:
        self.inside -= 1
        self._forget(who)

    def _forget(self, who: str) -> None:
        self._by[who] -= 1
        if self._by[who] <= 0:
            del self._by[who]
