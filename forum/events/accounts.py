"""What happens to accounts."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from forum.events import Event, StaffAction


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountJoined(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Event):
    account_id: int
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChanged(StaffAction):
    """`roles` and `previous` are what somebody holds now and held before; subscribers may refuse it."""

    account_id: int
    roles: tuple[enum.StrEnum, ...]
    previous: tuple[enum.StrEnum, ...]
    tier: int | None
