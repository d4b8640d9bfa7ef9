"""What every new text passes, whoever writes it: lengths, links, approval, and the form sent twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, why_not
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.markup import Cooked
from forum.posts import PostKind, Visibility
from forum.prepared import prepared
from forum.threads.models import Answer, Comment, Thread

P = TypeVar("P", Thread, Answer, Comment)
BODY = (10, 30_000)
COMMENT = (2, 1_000)
FREE_LINKS = 2
EXTERNAL = re.compile(r'<a [^>]*href="https?://', re.IGNORECASE)

HoldRule = Callable[[Session, Actor, PostKind, Cooked], bool]
"""Says that a new post waits for approval. The rules are in `session.info["hold_rules"]`; one of them is enough."""


def check_text(
    session: Session, actor: Actor, cooked: Cooked, limits: tuple[int, int], *, links_before: int = 0
) -> None:
    """Refuse a text that is too short, too long, or has more links than its writer may post."""
    least, most = limits
    length = len(cooked.source.strip())
    if length < least:
        raise Invalid({"body": _("Please write at least {least} characters.").format(least=least)})
    if length > most:
        raise Invalid({"body": _("That is {length} characters; {most} is the most.").format(length=length, most=most)})
    if cooked.external_links > max(FREE_LINKS, links_before) and not actor.can(Privilege.MANY_LINKS):
        words = _("New members can post {most} links to other sites at once. Leave some out for now.")
        more = why_not(session, actor, Privilege.MANY_LINKS) or ""
        raise Invalid({"body": f"{words.format(most=FREE_LINKS)} {more}".strip()})


def count_external(html: str) -> int:
    """How many links to other sites a cooked text has; mentions and links within this one are free."""
    return len(EXTERNAL.findall(html))


def first_visibility(session: Session, actor: Actor, kind: PostKind, cooked: Cooked) -> Visibility:
    """Whether a new post is published at once or waits for a moderator."""
    rules: list[HoldRule] = session.info.get("hold_rules", [])
    held = not actor.roles and any(rule(session, actor, kind, cooked) for rule in rules)
    return Visibility.PENDING if held else Visibility.PUBLISHED


def once_key(actor: Actor, once: str | None) -> str | None:
    """What is kept of a form's token: it is the writer's own, so nobody can take another's."""
    return f"{actor.id}:{once[:40]}" if once else None


def sent_before(session: Session, model: type[P], key: str | None) -> P | None:
    """The post that this very form made already, if it was sent twice."""
    found = _sent(session, None, model, key=key).scalar_one_or_none() if key else None
    return None if found is None else session.get_one(model, found)


@prepared
def _sent(_reader: None, model: type[Thread] | type[Answer] | type[Comment]) -> Select[int]:
    return select(model.id).where(model.once == bindparam("key"))


def keep_once(session: Session, post: P) -> P:
    """Insert a post, or find the one that the same form made a moment ago in another transaction.

    On SQLite there is no other: writers take turns, and `sent_before` was asked in this one.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.add(post)
        session.flush()
        return post
    model, key = type(post), post.once
    try:
        with session.begin_nested():
            session.add(post)
    except IntegrityError:
        found = sent_before(session, model, key)
        if found is None:
            raise
        return found
    return post


def cooked_columns(cooked: Cooked) -> dict[str, str | int]:
    return {"source": cooked.source, "html": cooked.html, "text": cooked.text, "cooker_version": cooked.version}
