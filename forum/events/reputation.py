"""What admins change of how reputation is earned and what it grants."""

from __future__ import annotations

from dataclasses import dataclass

from forum.events import StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationRulesChanged(StaffAction):
    """From now on other points are given, or other privileges granted; `before` and `after` name what moved."""

    before: tuple[str, ...]
    after: tuple[str, ...]
