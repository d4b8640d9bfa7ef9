"""Every page of the site with plausible parameters, found by what is in its database."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account, Organisation
from forum.posts import PostKind, Visibility
from forum.tags.models import Space, Tag
from forum.threads.models import Answer, Revision, Thread
from forum.uploads.models import FileUse
from forum.web.routing import Access, Route
from moderation.reviews.models import Review, ReviewState
from reputation.rules.actions import PAID
from support.messages.models import Audience, Message, Side
from support.tickets.models import Ticket
from tests.browser.house import House


class Role(enum.StrEnum):
    VISITOR = "visitor"
    CUSTOMER = "customer"
    JUDGED = "judged"
    """Somebody whose post moderators decided about."""
    MODERATOR = "moderator"
    STAFF = "staff"
    ADMIN = "admin"


NO_PAGE = {
    "health.alive": "words for machines",
    "live": "a stream",
    "metrics": "words for machines",
    "health.ready": "words for machines",
    "threads.feed": "a feed",
    "tags.feed": "a feed",
    "accounts.settings_root": "a redirect",
    "threads.short": "a redirect",
    "posts.go": "a redirect",
    "files.show": "a file",
    "files.sized": "a file",
    "search.similar": "a part of a page",
    "letters.preview": "a letter, for a frame in another page; its own test looks at it",
    "unsubscribe": "needs a token from a letter; its own test opens it",
    "accounts.confirm": "needs a token from a letter; the story opens it",
    "accounts.claim": "needs a token from a letter; its own test opens it",
    "accounts.new_password": "needs a token from a letter",
    "terms.show": "only there where terms were published; its own story opens it",
    "terms.version": "only there where terms were published; its own story opens it",
    "terms.ask": "only there where terms were published; its own story opens it",
    "invitations.join": "needs a token from a letter; its own story opens it",
    "invitations.own": "only there where customers may invite; its own story opens it",
    "organisations.invitation": "needs a token from a letter; its own story opens it",
    "exports.fetch": "a file",
    "mailed.linked": "needs a token from a letter; its own story opens it",
    "mailed.show": "needs a reply that came by mail; its own story opens it",
    "accounts.parked": "needs a parked post; its own test opens it",
    "setup.show": "only there until a site is open; its own test opens it",
    "branding.logo": "a picture",
    "branding.style": "a stylesheet",
    "accounts.factor": "needs a password that was right; its own test opens it",
    "factors.codes": "needs codes that were just made; its own test opens it",
    "passkeys.new": "is there only where browsers make passkeys; its own test opens it",
    "security.alert": "needs a token from a letter",
    "oidc.start_page": "a redirect",
    "oidc.callback": "is there only with a sign-in provider, which leads to it",
    "oidc.arrival": "needs somebody who comes from a sign-in provider; its own test opens it",
    "oidc.link_page": "needs somebody who comes from a sign-in provider; its own test opens it",
    "email.undo_page": "needs a token from a letter",
}
CORE = {"files.of", "home", "threads.list", "threads.show", "accounts.show", "notifications.list", "tickets.list"}
"""Pages that look different to moderators and staff."""


def person(house: House, role: Role) -> Account | None:
    """Whom to be: the customer is one who has asked staff."""
    held = {Role.MODERATOR: Account.moderator, Role.STAFF: Account.staff, Role.ADMIN: Account.admin}
    with house.site.database.reading() as session:
        if role is Role.VISITOR:
            return None
        if role is Role.CUSTOMER:
            asked = select(Account).join(Ticket, Ticket.requester_id == Account.id)
            return session.scalars(asked.order_by(Ticket.id.desc())).first()
        if role is Role.JUDGED:
            decided = Review.state == ReviewState.DECIDED
            return session.scalars(select(Account).join(Review, Review.author_id == Account.id).where(decided)).first()
        return session.scalars(select(Account).where(held[role]).order_by(Account.admin, Account.id)).first()


def addresses(house: House, role: Role) -> list[tuple[str, str]]:
    """Route names and addresses that a role should look at."""
    account = person(house, role)
    actor = house.make.actor(account) if account else None
    with house.site.database.reading() as session:
        found = [
            (route.name, address)
            for route in house.site.routes
            if "GET" in (route.methods or ()) and route.name not in NO_PAGE and _concerns(route, role, actor)
            for address in _filled(session, route, account)
        ]
    return list(dict.fromkeys(found))


def _concerns(route: Route, role: Role, actor: Actor | None) -> bool:
    """Not every page again for everybody, only what looks different or is theirs alone."""
    if route.name.startswith("importers."):
        return False
    if role is Role.VISITOR:
        return route.access is Access.EVERYONE
    if role is Role.CUSTOMER:
        return not isinstance(route.access, Privilege) and route.name not in {"reviews.appeal", "files.of"}
    if role is Role.JUDGED:
        return route.name in {"reviews.appeal", "home", "accounts.standing"}
    return actor.can(route.access) if actor and isinstance(route.access, Privilege) else route.name in CORE


def _filled(session: Session, route: Route, account: Account | None) -> Iterator[str]:
    if not route.param_convertors:
        yield route.path
        yield from (f"{route.path}?{query}" for query in QUERIES.get(route.name, ()))
        return
    for params in _params(session, route, account):
        yield str(route.url_path_for(route.name, **params))


QUERIES = {
    "search.show": ("q=sync", "q=nothingatalllikethis"),
    "threads.list": ("filter=unanswered", "filter=solved"),
    "desk.list": ("state=all",),
    "accounts.list": ("q=a",),
    "rules.preview": (f"preset=established&daily_cap=30&{'&'.join(f'points_{rule}=0' for rule in PAID)}",),
    "jobs.dead": ("state=discarded",),
    "tags.keep": ("filter=unused", "q=nothingatalllikethis"),
    "roles.list": ("q=a", "q=nobodyatalllikethis"),
    "organisations.list": ("q=nothingatalllikethis",),
    "tickets.list": ("whose=organisation",),
    "tickets.new": ("thread=1&subject=Sync",),
    "following.list": ("of=tag", "of=product", "of=person"),
}


def _params(session: Session, route: Route, account: Account | None) -> Iterator[dict[str, Any]]:
    names = set(route.param_convertors)
    if "thread_id" in names:
        for thread in _threads(session):
            yield {"thread_id": thread.id} | ({"slug": thread.slug} if "slug" in names else {})
    elif route.name == "offboarding.preview":
        yield {"handle": session.scalars(select(Account.handle).where(Account.staff).order_by(Account.id)).first()}
    elif "handle" in names:
        yield {"handle": session.scalars(select(Account.handle).order_by(Account.reputation.desc())).first()}
        yield {"handle": session.scalars(select(Account.handle).order_by(Account.id.desc())).first()}
    elif "locale" in names:
        yield {"locale": "en", "name": "home.question"}
    elif "letter" in names:
        yield from ({"letter": letter} for letter in ("post", "digest"))
    elif "name" in names:
        yield {"name": session.scalars(select(Tag.name).order_by(Tag.thread_count.desc())).first()}
    elif "holder_id" in names:
        yield from _with_files(session, account)
    elif "account_id" in names:
        yield {"account_id": session.scalars(select(Account.id).order_by(Account.id.desc())).first()}
    elif "product_id" in names:
        yield {"product_id": session.scalars(select(Space.id).order_by(Space.id)).first()}
    elif "organisation_id" in names:
        yield {"organisation_id": session.scalars(select(Organisation.id).order_by(Organisation.id)).first()}
    elif "tag_id" in names:
        yield {"tag_id": session.scalars(select(Tag.id).order_by(Tag.thread_count.desc())).first()}
    elif "post_id" in names:
        yield from _posts(session, account)
    elif "ref" in names:
        yield from _tickets(session, names, account)
    elif "review_id" in names:
        yield from ({"review_id": number} for number in _reviews(session, account))
    else:
        raise AssertionError(f"Say in {__name__} with which {names} to visit {route.path}.")


def _threads(session: Session) -> list[Thread]:
    """One of each kind that looks different."""
    shown = select(Thread).where(Thread.visibility == Visibility.PUBLISHED)
    kinds: list[Select[tuple[Thread]]] = [
        shown.order_by(Thread.answer_count.desc(), Thread.id.desc()),
        shown.where(Thread.accepted_answer_id.is_not(None)),
        shown.where(Thread.staff_state.is_not(None)),
        shown.where(Thread.locked_at.is_not(None)),
        shown.where(Thread.duplicate_of_id.is_not(None)),
        shown.where(Thread.answer_count == 0),
        select(Thread).where(Thread.visibility == Visibility.HIDDEN),
        shown.order_by(Thread.id.desc()),
    ]
    rows = [session.scalars(kind.limit(1)).first() for kind in kinds]
    return list({thread.id: thread for thread in rows if thread}.values())


def _posts(session: Session, account: Account | None) -> Iterator[dict[str, Any]]:
    """One with a history, the newest of each kind, and one's own."""
    revised = session.execute(select(Revision.post_kind, Revision.post_id).order_by(Revision.number.desc())).first()
    if revised:
        yield {"kind": PostKind(revised[0]).value, "post_id": revised[1]}
    if account and (own := session.scalars(select(Thread.id).where(Thread.author_id == account.id)).first()):
        yield {"kind": "thread", "post_id": own}
    yield {"kind": "thread", "post_id": session.scalars(select(Thread.id).order_by(Thread.id.desc())).first()}
    yield {"kind": "answer", "post_id": session.scalars(select(Answer.id).order_by(Answer.id.desc())).first()}


def _tickets(session: Session, names: set[str], account: Account | None) -> Iterator[dict[str, Any]]:
    """One in each state; a customer's own."""
    if "message_id" in names:
        rows = select(Ticket.reference, Message.id).join(Message, Message.ticket_id == Ticket.id)
        staffs = Message.side == Side.STAFF, Message.audience == Audience.REQUESTER, Message.source_id.is_(None)
        reference, message_id = session.execute(rows.where(Ticket.thread_id.is_not(None), *staffs)).first() or ("", 0)
        yield {"ref": reference, "message_id": message_id}
        return
    seen = set()
    found = select(Ticket.reference, Ticket.state).order_by(Ticket.id.desc())
    if account and not (account.staff or account.admin):
        found = found.where(Ticket.requester_id == account.id)
    for reference, state in session.execute(found):
        if state not in seen:
            seen.add(state)
            yield {"ref": reference}


def _with_files(session: Session, account: Account | None) -> Iterator[dict[str, Any]]:
    """A post with files for moderators, a message for staff."""
    kinds = {"thread"} if account and (account.moderator or account.admin) else set()
    kinds |= {"message"} if account and (account.staff or account.admin) else set()
    for kind in sorted(kinds):
        holder_id = session.scalars(select(FileUse.holder_id).where(FileUse.holder_kind == kind)).first()
        yield {"holder_kind": kind, "holder_id": holder_id}


def _reviews(session: Session, account: Account | None) -> list[int]:
    """One in each state; of one's own posts for those who do not moderate."""
    seen: dict[str, int] = {}
    found = select(Review.id, Review.state).order_by(Review.id.desc())
    if account and not (account.moderator or account.admin):
        found = found.where(Review.author_id == account.id)
    for number, state in session.execute(found):
        seen.setdefault(state, number)
    return list(seen.values())
