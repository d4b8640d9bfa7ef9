"""What was made from values, kept under exactly these values, in a bounded number of bytes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


@dataclass(slots=True)
class _Kept(Generic[Made]):
    made: Made
    size: int
    used: bool = False


@dataclass
class Bounded(Generic[Made]):
    """Keeps at most `room` bytes, by what `weigh` says of each; what was not asked for again goes first."""

    room: int
    weigh: Callable[[Made], int]
    size: int = 0
    hits: int = 0
    misses: int = 0
    evictions: int = 0
    _kept: dict[Hashable, _Kept[Made]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, values: Hashable, make: Callable[[], Made]) -> Made:
        """What was made from these values, or what `make` makes of them now."""
        kept = self._kept.get(values)
        if kept is not None:
            kept.used = True
            self.hits += 1
            return kept.made
        made = make()
        self._keep(values, made)
        return made

    def _keep(self, values: Hashable, made: Made) -> None:
        size = self.weigh(made)
        with self._lock:
            self.misses += 1
            if values in self._kept or size > self.room:
                return
            self._kept[values] = _Kept(made, size)
            self.size += size
            while self.size > self.room:
                self._drop_one()

    def _drop_one(self) -> None:
        """The oldest goes, unless it was asked for since its last turn."""
        oldest = next(iter(self._kept))
        kept = self._kept.pop(oldest)
        if kept.used:
            kept.used = False
            self._kept[oldest] = kept
        else:
            self.size -= kept.size
            self.evictions += 1
