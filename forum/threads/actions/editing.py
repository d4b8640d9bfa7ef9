"""Editing: every edit is a revision, and nothing that was typed is lost to another's edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require, require_earned
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid, NotFound
from forum.events import emit
from forum.events.threads import PostEdited, PostEditedByStaff
from forum.i18n import gettext as _
from forum.markup import Cooked, cook, one_line
from forum.posts import SHOWN, PostRef, Visibility
from forum.tags.queries import shows_to_more
from forum.threads.actions.asking import check_environment, check_space, check_title
from forum.threads.actions.closing import set_needs_info
from forum.threads.actions.counting import count_space, count_tags, is_listed, is_public, tags_of
from forum.threads.actions.holding import hold_post, refuse_locked
from forum.threads.actions.tagging import find_tags, names_of, set_tags
from forum.threads.actions.writing import (
    BODY,
    COMMENT,
    check_text,
    cooked_columns,
    count_external,
    first_visibility,
)
from forum.threads.models import POSTS, Answer, Comment, Post, Revision, Thread
from forum.uploads.actions import attach_anew

MAX_NOTE = 300


class EditedMeanwhile(Conflict):
    """Somebody else has edited the post since the form was opened."""


def edit_post(
    session: Session,
    actor: Actor,
    ref: PostRef,
    cooked: Cooked | None,
    *,
    from_revision: int | None = None,
    title: str | None = None,
    tags: Sequence[str] | None = None,
    environment: str | None = None,
    space_id: int | None = -1,
    note: str = "",
    rolled_back_to: int | None = None,
) -> int:
    """Say something else from now on; answers with the post's revision. What is not given stays as it is.

    `from_revision` is the one the editor started from. An edit that changes nothing makes no revision.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Forbidden: the actor may not edit it.
        EditedMeanwhile: the post has a later revision than `from_revision`.
        Conflict: the thread is locked, or the text was removed.
        Invalid: a field cannot be taken as it is.
    """
    thread, post = hold_post(session, actor, ref)
    check_may_edit(session, actor, thread, post)
    if from_revision is not None and from_revision != post.revision:
        raise EditedMeanwhile(_("Somebody has edited this while you were writing."))
    note = one_line(note)
    if len(note) > MAX_NOTE:
        raise Invalid({"note": _("Please keep the note under 300 characters.")})
    cooked = cooked or as_it_stands(post)
    limits = COMMENT if isinstance(post, Comment) else BODY
    check_text(session, actor, cooked, limits, links_before=count_external(post.html))
    _refuse_first_link(session, actor, post, ref, cooked)
    keep_first(session, post, ref)
    changed = _change_text(post, cooked)
    if isinstance(post, Thread):
        changed |= _change_thread(
            session, actor, post, title=title, tags=tags, environment=environment, space_id=space_id
        )
    if changed:
        attach_anew(session, actor.id, ref.kind, ref.id, cooked.html)
        _keep_revision(session, actor, post, ref, note=note, rolled_back_to=rolled_back_to)
        _announce(session, actor, thread, post, note=note)
    return post.revision


def as_it_stands(post: Post) -> Cooked:
    """What a post says now, for an edit that leaves its text alone."""
    return Cooked(
        source=post.source,
        html=post.html,
        version=post.cooker_version,
        mentions=(),
        external_links=count_external(post.html),
        text=post.text,
    )


def roll_back(session: Session, actor: Actor, ref: PostRef, number: int, *, from_revision: int | None = None) -> int:
    """Let a post say again what it said in an earlier revision, as a new revision."""
    _thread, post = hold_post(session, actor, ref)
    keep_first(session, post, ref)
    query = select(Revision).filter_by(post_kind=ref.kind, post_id=ref.id, number=number, withheld=False)
    earlier = session.scalars(query).one_or_none()
    if earlier is None:
        raise NotFound(_("There is no such revision."))
    # Cooked under the lock: an old source is in the database only, and rolling back is rare.
    return edit_post(
        session,
        actor,
        ref,
        cook(earlier.source),
        from_revision=from_revision,
        title=earlier.title,
        tags=earlier.tags or None,
        note=_("Back to revision {number}").format(number=number),
        rolled_back_to=number,
    )


def check_may_edit(session: Session, actor: Actor, thread: Thread, post: Post) -> None:
    if not actor.can(Privilege.EDIT_ANY):
        require(actor, Privilege.COMMENT_OWN, _("You cannot edit at the moment."))
        if actor.id != post.author_id:
            require_earned(session, actor, Privilege.EDIT_ANY)
    if isinstance(post, Answer) and post.from_staff and not actor.can(Privilege.CLOSE):
        raise Forbidden(_("This is the company's own word: only staff and moderators edit it."))
    if post.withheld:
        raise Conflict(_("This text was removed, so it cannot be edited."))
    if post.visibility is Visibility.DELETED:
        raise Conflict(_("This was deleted. Restore it first."))
    if not actor.can(Privilege.CLOSE):
        refuse_locked(thread)


def _refuse_first_link(session: Session, actor: Actor, post: Post, ref: PostRef, cooked: Cooked) -> None:
    """What would wait for approval in a new post is not slipped past it into one that is shown already."""
    own_and_shown = actor.id == post.author_id and post.visibility in SHOWN
    if own_and_shown and first_visibility(session, actor, ref.kind, cooked) is Visibility.PENDING:
        words = _("The first link of a new member waits for a moderator, so it cannot be added here. Post it anew.")
        raise Invalid({"body": words})


def keep_first(session: Session, post: Post, ref: PostRef) -> None:
    """The post as it was made is a revision too, kept once there is a second to compare it with."""
    here = select(Revision.id).filter_by(post_kind=ref.kind, post_id=ref.id, number=post.revision)
    if session.scalar(here) is None:
        author_id, created_at = (post.edited_by_id or post.author_id), (post.edited_at or post.created_at)
        session.add(_revision(session, post, ref, author_id=author_id, created_at=created_at))
        session.flush()


def _change_text(post: Post, cooked: Cooked) -> bool:
    changed = post.source != cooked.source
    for column, value in cooked_columns(cooked).items():
        setattr(post, column, value)
    return changed


def _change_thread(
    session: Session,
    actor: Actor,
    thread: Thread,
    *,
    title: str | None,
    tags: Sequence[str] | None,
    environment: str | None,
    space_id: int | None,
) -> bool:
    changed = False
    if title is not None and (title := check_title(title)) != thread.title:
        thread.title, changed = title, True
    if environment is not None and (environment := check_environment(environment)) != thread.environment:
        thread.environment, changed = environment, True
    if tags is not None:
        found = find_tags(session, actor, tags)
        if [tag.name for tag in found] != names_of(session, thread.id):
            set_tags(session, thread, found)
            changed = True
    if space_id not in (-1, thread.space_id):
        check_space(session, actor, space_id)
        _refuse_to_expose(session, actor, thread, space_id)
        if is_listed(thread.visibility):
            count_space(session, thread.space_id, -1)
            count_space(session, space_id, 1)
            if by := is_public(session, space_id) - is_public(session, thread.space_id):
                count_tags(session, tags_of(session, thread.id), by)
        thread.space_id, changed = space_id, True
    return changed


def _refuse_to_expose(session: Session, actor: Actor, thread: Thread, space_id: int | None) -> None:
    """What others wrote for a few is not shown to more because the asker changed the product."""
    if not thread.answer_count + thread.comment_count or actor.can(Privilege.CLOSE):
        return
    if shows_to_more(session, space_id, than=thread.space_id):
        raise Invalid(
            {"space": _("Others have written here for those who see this product. Ask a moderator to move it.")}
        )


def _keep_revision(
    session: Session, actor: Actor, post: Post, ref: PostRef, *, note: str, rolled_back_to: int | None
) -> None:
    post.revision += 1
    post.edited_at, post.edited_by_id = now(), actor.id
    session.flush()
    kept = _revision(session, post, ref, author_id=actor.id, created_at=now())
    kept.note, kept.rolled_back_to = note, rolled_back_to
    session.add(kept)
    session.flush()


def _revision(session: Session, post: Post, ref: PostRef, **columns: object) -> Revision:
    threads = isinstance(post, Thread)
    return Revision(
        post_kind=ref.kind,
        post_id=ref.id,
        number=post.revision,
        title=post.title if isinstance(post, Thread) else None,
        tags=names_of(session, post.id) if threads else [],
        source=post.source,
        **columns,
    )


def _announce(session: Session, actor: Actor, thread: Thread, post: Post, *, note: str) -> None:
    ref = PostRef(next(kind for kind, model in POSTS.items() if isinstance(post, model)), post.id)
    author_id = post.author_id
    if actor.id == thread.author_id and isinstance(post, Thread):
        set_needs_info(session, actor, thread, needed=False)
    said: dict[str, Any] = {"actor_id": actor.id, "post": ref, "thread_id": thread.id, "author_id": author_id}
    emit(session, PostEdited(revision=post.revision, **said))
    if actor.id != author_id and (actor.is_moderator or actor.is_staff or actor.is_admin):
        emit(session, PostEditedByStaff(revision=post.revision, reason=note, **said))
