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
class TokenRevokedByAdmin(StaffAction):
    """An admin ended somebody's API token; `name` is what its owner calls it."""

    account_id: int
    token_id: int
    name: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinked(StaffAction):
    """Whoever holds a role can sign in through a provider from now on."""

    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnlinked(StaffAction):
    """Whoever holds a role cannot sign in through a provider any more."""

    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExportStarted(StaffAction):
    """An admin had an archive made of somebody's data, which only that person can fetch."""

    account_id: int


class ErasureStep(enum.StrEnum):
    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    HURRIED = "hurried"
    TAKEN_ON = "taken_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureChanged(StaffAction):
    """An admin did something about the erasure of somebody; `content` says that their words are to go too."""

    account_id: int
    request_id: int
    step: ErasureStep
    content: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDone(StaffAction):
    """Somebody was erased; `actor_id` is the admin who answers for it, None where there was none."""

    account_id: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOffboarded(StaffAction):
    """Somebody left; what they were at went to `to_id`."""

    account_id: int
    to_id: int
    roles: tuple[enum.StrEnum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReinstated(StaffAction):
    """Somebody who had left may come in again, without a role."""

    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsMerged(StaffAction):
    """The account `from_id` becomes part of `account_id`."""

    account_id: int
    from_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionChanged(StaffAction):
    """How long something is kept was changed; `rule` says what, and the days are those before and after."""

    rule: str
    days: int
    previous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeZoneChanged(Event):
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationChanged(StaffAction):
    """`who` may make an account; `invite_from` is the reputation from which customers may invite, -1 for never."""

    who: enum.StrEnum
    invite_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleInvited(StaffAction):
    """An admin has invited so many to the site, to have a `role` there or none."""

    count: int
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInvitationRevoked(StaffAction):
    """An admin took back an invitation to the site."""

    invitation_id: int
