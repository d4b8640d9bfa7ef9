"""What happens to organisations and to who belongs to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from forum.events import Event, StaffAction


class Joined(enum.StrEnum):
    """By what right somebody became a member."""

    INVITATION = "invitation"
    DOMAIN = "domain"


class Left(enum.StrEnum):
    """Why somebody is no member any more."""

    OWN_WISH = "own_wish"
    REMOVED = "removed"
    ADDRESS_CHANGED = "address_changed"
    DOMAIN_TAKEN = "domain_taken"
    OFFBOARDED = "offboarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    account_id: int
    organisation_id: int
    how: Joined


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersLeft(Event):
    """From here on they see nothing by their membership; subscribers end what rested on it."""

    account_ids: tuple[int, ...]
    organisation_id: int
    why: Left


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipOffered(Event):
    """Somebody has confirmed an address by which they may join; `name` is the organisation's."""

    account_id: int
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationAdded(StaffAction):
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChanged(StaffAction):
    """`domains` are those it has now, one a line."""

    organisation_id: int
    name: str
    plan: str
    domains: str
    importance: int
    shares_tickets: bool
    joins_by_domain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersInvited(StaffAction):
    """An admin has invited so many; what an organisation's own manager does is no act of staff."""

    organisation_id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRevoked(StaffAction):
    organisation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(StaffAction):
    organisation_id: int
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerSet(StaffAction):
    organisation_id: int
    account_id: int
    manager: bool
