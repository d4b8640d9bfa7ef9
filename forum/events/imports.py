"""What an import brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forum.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationImported(Event):
    """What accounts have earned elsewhere, in all, by account; a later import says the new totals."""

    totals: Mapping[int, int]
