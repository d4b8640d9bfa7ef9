"""Who is acting, and what they may do.

Reputation grants, roles add, sanctions take away last. The code asks only
`actor.can(Privilege.X)`, and models answer `visible_to(actor)`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.clock import now
from forum.errors import ConfirmationRequired, Forbidden, SignInRequired
from forum.i18n import gettext as _


class Role(enum.StrEnum):
    MODERATOR = "moderator"
    STAFF = "staff"
    ADMIN = "admin"


class Privilege(enum.StrEnum):
    """Something that not everybody may do. The first group is earned, the second comes with a role."""

    __hash__ = str.__hash__  # as for PostKind

    ASK = "ask"
    ANSWER = "answer"
    COMMENT_OWN = "comment_own"
    FLAG = "flag"
    FLAG_PRIVATE = "flag_private"
    VOTE_UP = "vote_up"
    COMMENT = "comment"
    MANY_LINKS = "many_links"
    VOTE_DOWN = "vote_down"
    NEW_TAG = "new_tag"
    SUGGEST_DUPLICATE = "suggest_duplicate"
    SUGGEST_EDIT = "suggest_edit"
    EDIT_ANY = "edit_any"

    ACCEPT_ANY_ANSWER = "accept_any_answer"
    CLOSE = "close"
    SEE_HIDDEN = "see_hidden"
    SEE_DELETED = "see_deleted"
    DELETE_ANY = "delete_any"
    MODERATE = "moderate"
    SANCTION = "sanction"
    SEE_AUDIT = "see_audit"
    WORK_TICKETS = "work_tickets"
    ESCALATE_ANY = "escalate_any"
    ANSWER_AS_STAFF = "answer_as_staff"
    ADMINISTER = "administer"


class Scope(enum.StrEnum):
    """What a token may be used for. Each one narrows what its account may do, none adds to it."""

    READ = "read"
    WRITE = "write"
    MODERATE = "moderate"
    SUPPORT = "support"
    ADMIN = "admin"


WRITING = frozenset(
    {
        Privilege.ASK,
        Privilege.ANSWER,
        Privilege.COMMENT_OWN,
        Privilege.COMMENT,
        Privilege.VOTE_UP,
        Privilege.VOTE_DOWN,
        Privilege.NEW_TAG,
        Privilege.SUGGEST_DUPLICATE,
        Privilege.SUGGEST_EDIT,
        Privilege.EDIT_ANY,
        Privilege.FLAG,
    }
)
"""Taking part in public. A suspension takes all of it away, a silence leaves votes and flags; neither one's tickets."""

_DESK = frozenset(
    {Privilege.WORK_TICKETS, Privilege.ESCALATE_ANY, Privilege.ANSWER_AS_STAFF, Privilege.CLOSE, Privilege.SEE_DELETED}
)
_BENCH = frozenset(
    {
        Privilege.MODERATE,
        Privilege.SANCTION,
        Privilege.SEE_AUDIT,
        Privilege.SEE_HIDDEN,
        Privilege.SEE_DELETED,
        Privilege.DELETE_ANY,
        Privilege.CLOSE,
        Privilege.ESCALATE_ANY,
    }
)
OF_ROLE: dict[Role, frozenset[Privilege]] = {
    Role.MODERATOR: WRITING | _BENCH | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE},
    Role.STAFF: WRITING | _DESK | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE, Privilege.SEE_HIDDEN},
    Role.ADMIN: frozenset(Privilege),
}


OF_SCOPE: dict[Scope, frozenset[Privilege]] = {
    Scope.READ: frozenset(),
    Scope.WRITE: WRITING | {Privilege.MANY_LINKS, Privilege.FLAG_PRIVATE},
    Scope.MODERATE: _BENCH,
    Scope.SUPPORT: _DESK | {Privilege.SEE_HIDDEN},
    Scope.ADMIN: frozenset({Privilege.ADMINISTER, Privilege.ACCEPT_ANY_ANSWER}),
}
"""Which privileges a token keeps of those that its account has. Together they are all there are."""
TAKES_ROLE = {
    Scope.MODERATE: Privilege.MODERATE,
    Scope.SUPPORT: Privilege.WORK_TICKETS,
    Scope.ADMIN: Privilege.ADMINISTER,
}
"""Scopes that are of use only to whom a role gives this privilege."""


ANYBODY = 0
"""The id of no account: that of a reader who stands for many."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, as one request sees them; `session_ends` is when their browser is signed out by itself.

    `confirmed_at` is when they last proved in it who they are. Who `must_enrol` has a role that is not in force
    before they add a second factor. Who `must_consent` reads, and does nothing else before they agree
    to the terms of now. `ignored` are the accounts whose words they do not want to meet.
    """

    id: int
    handle: str = ""
    display_name: str = ""
    roles: frozenset[Role] = frozenset()
    privileges: frozenset[Privilege] = frozenset()
    reputation: int = 1
    tier: int | None = None
    organisation_id: int | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    verified: bool = True
    unread: int = 0
    session_id: int | None = field(default=None, repr=False)
    session_ends: datetime | None = field(default=None, repr=False)
    confirmed_at: datetime | None = field(default=None, repr=False)
    must_enrol: bool = False
    must_consent: bool = False
    ignored: frozenset[int] = frozenset()

    def can(self, privilege: Privilege) -> bool:
        return privilege in self.privileges

    def rights(self, of: int) -> Actor:
        """The same rights without a name: their own, or those of `ANYBODY` who has them."""
        nameless = replace(self, id=of, handle="", display_name="", reputation=0, unread=0, must_consent=False)
        if of != self.id:
            nameless = replace(nameless, ignored=frozenset())
        return replace(nameless, session_id=None, session_ends=None, confirmed_at=None)

    @property
    def is_moderator(self) -> bool:
        return Role.MODERATOR in self.roles

    @property
    def is_staff(self) -> bool:
        return Role.STAFF in self.roles

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles


def require(actor: Actor | None, privilege: Privilege, message: str | None = None) -> Actor:
    """The actor, if there is one and they may.

    Raises:
        SignInRequired: nobody is signed in.
        Forbidden: they may not.
    """
    if actor is None:
        raise SignInRequired(_("Please sign in first."))
    if not actor.can(privilege):
        if not actor.verified and privilege in WRITING:
            raise Forbidden(_("Confirm your e-mail address first: open the link that we sent you."))
        raise Forbidden(message or _("You may not do this."))
    return actor


RECENT = timedelta(minutes=30)
"""For how long a proof of who one is opens what concerns the safety of accounts."""


def require_recent(actor: Actor | None) -> None:
    """
    Raises:
        ConfirmationRequired: they proved too long ago who they are.
    """
    if actor is None or actor.confirmed_at is None or actor.confirmed_at < now() - RECENT:
        raise ConfirmationRequired(_("Please confirm that it is you."))


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who is behind a token, narrowed to what the token is for."""

    actor: Actor
    scopes: frozenset[Scope]
    token_id: int
    token_name: str
    expires_at: datetime | None


def narrow(actor: Actor, scopes: Collection[Scope]) -> Actor:
    """The same person through a token: only what both the account and the token's scopes allow."""
    kept = frozenset[Privilege]().union(*(OF_SCOPE[scope] for scope in scopes))
    return replace(actor, privileges=actor.privileges & kept)


def usable_scopes(roles: Collection[Role]) -> tuple[Scope, ...]:
    """The scopes that an account with these roles could ever use."""
    held = frozenset[Privilege]().union(*(OF_ROLE[role] for role in roles))
    return tuple(scope for scope in Scope if scope not in TAKES_ROLE or TAKES_ROLE[scope] in held)


Explain = Callable[[Session, Actor, Privilege], str]
"""Says why somebody lacks a privilege; `session.info["explain"]` holds it once reputation grants privileges."""


def require_earned(session: Session, actor: Actor | None, privilege: Privilege) -> Actor:
    """Like `require`, with a refusal that says what is missing: how many points, or what else.

    Raises:
        SignInRequired: nobody is signed in.
        Forbidden: they may not.
    """
    return require(actor, privilege, why_not(session, actor, privilege) if actor else None)


def why_not(session: Session, actor: Actor, privilege: Privilege) -> str | None:
    """Why somebody lacks a privilege and what would change that; None where they have it, or nobody can tell."""
    explain: Explain | None = session.info.get("explain")
    return None if explain is None or actor.can(privilege) else explain(session, actor, privilege)


def signed_in(request: Request) -> Actor:
    """The person behind a request.

    Raises:
        SignInRequired: nobody is signed in.
    """
    actor: Actor | None = request.state.actor
    if actor is None:
        raise SignInRequired(_("Please sign in first."))
    return actor
