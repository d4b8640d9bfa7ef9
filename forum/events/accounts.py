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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRulesChanged(StaffAction):
    """`required_from` is the day, as a number such as 20270131, from which roles need a second factor; 0 for none.

    `lifetimes` are the hours that sessions live without use and at most, kind by kind as `accounts.rules` lists them.
    """

    required_from: int
    lifetimes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsReset(StaffAction):
    """An admin took somebody's second factors away, who had lost them."""

    account_id: int
