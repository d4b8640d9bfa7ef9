"""Asking a question or starting a discussion."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Invalid
from forum.events import emit
from forum.events.threads import ThreadAsked
from forum.i18n import gettext as _
from forum.markup import Cooked, one_line
from forum.posts import PostKind, Visibility
from forum.tags.models import Space
from forum.threads.actions.counting import count_post, count_space, is_listed
from forum.threads.actions.following import start_following
from forum.threads.actions.tagging import find_tags, set_tags
from forum.threads.actions.writing import (
    BODY,
    check_text,
    cooked_columns,
    first_visibility,
    keep_once,
    once_key,
    sent_before,
)
from forum.threads.models import Thread, ThreadKind
from forum.uploads.actions import attach

TITLE = (15, 150)
ENVIRONMENT = 300


def ask(
    session: Session,
    actor: Actor,
    *,
    title: str,
    cooked: Cooked,
    tags: Sequence[str],
    kind: ThreadKind = ThreadKind.QUESTION,
    space_id: int | None = None,
    environment: str = "",
    once: str | None = None,
) -> Thread:
    """Publish a question or a discussion, or send it for approval; the same form sent twice makes one.

    Raises:
        Forbidden: the actor may not ask now.
        Invalid: a field cannot be taken as it is.
    """
    require(actor, Privilege.ASK, _("You cannot ask publicly at the moment."))
    key = once_key(actor, once)
    if (before := sent_before(session, Thread, key)) is not None:
        return before
    title, environment = check_title(title), check_environment(environment)
    check_text(session, actor, cooked, BODY)
    check_space(session, actor, space_id)
    found = find_tags(session, actor, tags)
    draft = Thread(
        kind=kind,
        title=title,
        environment=environment,
        space_id=space_id,
        author_id=actor.id,
        visibility=first_visibility(session, actor, PostKind.THREAD, cooked),
        created_at=now(),
        last_activity_at=now(),
        last_activity_by_id=actor.id,
        follower_count=1,
        once=key,
        **cooked_columns(cooked),
    )
    thread = keep_once(session, draft)
    if thread is draft:
        set_tags(session, thread, found)
        attach(session, actor.id, PostKind.THREAD, thread.id, cooked.html)
        _announce(session, actor, thread, cooked)
    return thread


def check_title(title: str) -> str:
    title, (least, most) = one_line(title), TITLE
    if not least <= len(title) <= most:
        words = _("Say in {least} to {most} characters what it is about; this has {length}.")
        raise Invalid({"title": words.format(least=least, most=most, length=len(title))})
    return title


def check_environment(environment: str) -> str:
    environment = one_line(environment)
    if len(environment) > ENVIRONMENT:
        raise Invalid({"environment": _("Please keep it under {most} characters.").format(most=ENVIRONMENT)})
    return environment


def check_space(session: Session, actor: Actor, space_id: int | None) -> None:
    if space_id is None:
        return
    if session.scalar(select(Space.id).where(Space.id == space_id, Space.visible_to(actor))) is None:
        raise Invalid({"space": _("There is no such product.")})


def _announce(session: Session, actor: Actor, thread: Thread, cooked: Cooked) -> None:
    start_following(session, thread.id, actor.id)
    if is_listed(thread.visibility):
        count_space(session, thread.space_id, 1)
    if thread.visibility is not Visibility.PENDING:
        count_post(session, thread, thread, 1)
    event = ThreadAsked(
        actor_id=actor.id,
        thread_id=thread.id,
        author_id=actor.id,
        visibility=thread.visibility,
        mentions=cooked.mentions,
    )
    emit(session, event)
