"""Reads of other people: the directory and a profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Role
from forum.accounts.models import Account, roles_of
from forum.clock import now
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.prepared import prepared

PAGE = 30
PROFILE: tuple[Any, ...] = tuple(
    getattr(Account, name)
    for name in [
        "id",
        "handle",
        "display_name",
        "reputation",
        "staff",
        "moderator",
        "admin",
        "question_count",
        "answer_count",
        "location",
        "created_at",
        "bio_html",
        "website",
        "last_seen_at",
        "suspended_until",
        "email_verified_at",
        "imported_at",
    ]
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as others see them; the macros of people take one."""

    id: int
    handle: str
    display_name: str
    reputation: int
    is_staff: bool
    is_moderator: bool
    question_count: int
    answer_count: int
    location: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Directory:
    people: list[Person]
    next: str | None


@dataclass(frozen=True, slots=True)
class ProfilePage:
    person: Person
    roles: frozenset[Role]
    bio: Markup
    website: str
    last_seen_at: datetime | None
    suspended: bool
    joined: bool


def directory(session: Session, actor: Actor | None, *, after: str = "", name: str = "") -> Directory:
    """People by reputation, those whose name or handle begins so; `after` is the `next` of the page before."""
    query = _listed(actor).order_by(Account.reputation.desc(), Account.id).limit(PAGE + 1)
    if name:
        query = query.where(_named(name))
    if (key := _key(after)) is not None:
        reputation, last = key
        query = query.where(
            or_(Account.reputation < reputation, and_(Account.reputation == reputation, Account.id > last))
        )
    people = [_person(row) for row in session.scalars(query)]
    more = len(people) > PAGE
    last_shown = people[PAGE - 1] if more else None
    return Directory(people[:PAGE], f"{last_shown.reputation}-{last_shown.id}" if last_shown else None)


def profile_page(session: Session, actor: Actor | None, handle: str) -> ProfilePage:
    """All that a profile shows of its person.

    Raises:
        NotFound: nobody has the handle, or nobody that the actor may know of.
    """
    known = handle.lower().replace("\0", "")
    account = _profile(session, actor, handle=known).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody by that name here."))
    return ProfilePage(
        person=_person(account),
        roles=roles_of(moderator=account.moderator, staff=account.staff, admin=account.admin),
        bio=Markup(account.bio_html),  # noqa: S704 - cooked when it was saved
        website=account.website,
        last_seen_at=account.last_seen_at,
        suspended=account.suspended_until is not None and account.suspended_until > now(),
        joined=account.email_verified_at is not None or account.imported_at is not None,
    )


@prepared
def _profile(reader: Actor | None) -> Select[*tuple[Any, ...]]:
    return select(*PROFILE).where(
        Account.handle == bindparam("handle"), Account.visible_to(reader), Account.anonymised_at.is_(None)
    )


def _listed(actor: Actor | None) -> Select[Account]:
    return select(Account).where(
        Account.visible_to(actor), Account.anonymised_at.is_(None), Account.offboarded_at.is_(None)
    )


def _named(name: str) -> ColumnElement[bool]:
    begins = name.replace("\0", "").strip().lower().removeprefix("@")
    return or_(
        Account.handle.startswith(begins, autoescape=True), Account.display_name.istartswith(begins, autoescape=True)
    )


def _key(after: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(-?[0-9]{1,18})-([0-9]{1,18})", after)
    return (int(found[1]), int(found[2])) if found else None


def _person(account: Account | Row[Any]) -> Person:
    return Person(
        id=account.id,
        handle=account.handle,
        display_name=account.display_name,
        reputation=account.reputation,
        is_staff=account.staff,
        is_moderator=account.moderator,
        question_count=account.question_count,
        answer_count=account.answer_count,
        location=account.location,
        created_at=account.created_at,
    )
