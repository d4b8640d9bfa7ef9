"""What an import brings."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationImported(Event):
    """What an account's imported posts have earned it elsewhere, in all; a later import says the new total."""

    account_id: int
    total: int
