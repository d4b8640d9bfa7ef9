"""Hiding, publishing, deleting, restoring: one function moves a post's visibility, and every counter with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.events import emit
from forum.events.threads import PostEdited, PostRemovedByStaff, PostVisibilityChanged, TextWithheld
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostRef, Visibility
from forum.threads.actions.accepting import choose_again, set_aside
from forum.threads.actions.counting import count_listed, count_post, is_listed, refresh_activity
from forum.threads.actions.holding import hold_post
from forum.threads.models import Answer, Post, Revision, Thread

V = Visibility
FROM: dict[Visibility, frozenset[Visibility]] = {
    V.PENDING: frozenset({V.PUBLISHED, V.REJECTED, V.HIDDEN, V.DELETED}),
    V.PUBLISHED: frozenset({V.UNLISTED, V.HIDDEN, V.DELETED, V.PENDING}),
    V.UNLISTED: frozenset({V.PUBLISHED, V.HIDDEN, V.DELETED}),
    V.REJECTED: frozenset({V.PUBLISHED, V.PENDING, V.DELETED}),
    V.HIDDEN: frozenset({V.PUBLISHED, V.UNLISTED, V.PENDING, V.DELETED}),
    V.DELETED: frozenset(V) - {V.DELETED},
}
"""Where each visibility may go; back to pending only when an approval or a rejection is undone."""
MAX_REASON = 1000


def set_visibility(
    session: Session,
    actor: Actor | None,
    ref: PostRef,
    became: Visibility,
    *,
    reason: str = "",
    as_staff: bool = False,
) -> None:
    """Move a post to another visibility; to the one it has already changes and announces nothing.

    Only what its author deleted can be deleted once more, by a moderator: then the author
    cannot bring it back. The author may delete their own post and undo just that. Everything else takes the
    right to moderate, or to close for what only leaves the lists. `actor` None is the
    program itself. `as_staff` says that a moderator acts as one even on a post of their own.

    Raises:
        NotFound: there is no such post, or none that the actor may see.
        Forbidden: the actor may not.
        Conflict: the post cannot go there from where it is.
    """
    thread, post = hold_post(session, actor, ref, program=actor is None)
    was = post.visibility
    own = actor is not None and actor.id == post.author_id and not as_staff
    if was is became and (actor is None or own or not deleted_by_author(post)):
        return
    _check(session, actor, thread, post, became, own=own)
    if (became not in FROM[was] and became is not was) or (became is V.UNLISTED and not isinstance(post, Thread)):
        raise Conflict(_("This post has changed in the meantime. Look at it again."))
    if len(reason) > MAX_REASON:
        raise Invalid({"reason": _("Please keep the reason under 1000 characters.")})
    _move(session, actor, thread, post, became, reason=reason)
    happened: dict[str, Any] = {
        "post": ref,
        "thread_id": thread.id,
        "author_id": post.author_id,
        "was": was,
        "became": became,
    }
    actor_id = actor.id if actor else None
    if became is not was:
        emit(session, PostVisibilityChanged(actor_id=actor_id, **happened))
    if actor is not None and not own:
        emit(session, PostRemovedByStaff(actor_id=actor_id, reason=reason, **happened))
    _keep_solution(session, actor, thread, post, was)


def deleted_by_author(post: Post) -> bool:
    """Whether the author could bring a post back, because they deleted it themself."""
    return post.visibility is V.DELETED and post.visibility_by_id == post.author_id


def delete_post(session: Session, actor: Actor, ref: PostRef, *, reason: str = "") -> None:
    set_visibility(session, actor, ref, V.DELETED, reason=reason)


def restore_post(session: Session, actor: Actor, ref: PostRef) -> None:
    """Bring a deleted or hidden post back to where it was before."""
    _thread, post = hold_post(session, actor, ref)
    if post.visibility in (V.DELETED, V.HIDDEN):
        set_visibility(session, actor, ref, post.visibility_before or V.PUBLISHED)


def withhold_text(session: Session, actor: Actor, ref: PostRef, *, withheld: bool = True, reason: str = "") -> None:
    """Take a post's text, with all it ever said, from everybody's eyes: private information, or a secret.

    Raises:
        Forbidden: the actor may not moderate.
    """
    thread, post = hold_post(session, actor, ref)
    if not actor.can(Privilege.MODERATE):
        raise Forbidden(_("Only moderators can remove text for good."))
    if post.withheld is withheld:
        return
    post.withheld = withheld
    for revision in session.scalars(select(Revision).filter_by(post_kind=ref.kind, post_id=ref.id)):
        revision.withheld = withheld
    said: dict[str, Any] = {"actor_id": actor.id, "post": ref, "thread_id": thread.id, "author_id": post.author_id}
    emit(session, TextWithheld(reason=reason, withheld=withheld, **said))
    emit(session, PostEdited(revision=post.revision, **said))


def _check(session: Session, actor: Actor | None, thread: Thread, post: Post, became: Visibility, *, own: bool) -> None:
    if actor is None or actor.can(Privilege.MODERATE) or actor.can(Privilege.DELETE_ANY):
        return
    listing = {post.visibility, became} == {V.PUBLISHED, V.UNLISTED}
    if listing and actor.can(Privilege.CLOSE):
        return
    if not own:
        raise Forbidden(_("You may only delete what you wrote yourself."))
    if became is V.DELETED:
        _check_own_deletion(session, thread, post)
    elif not (post.visibility is V.DELETED and post.visibility_by_id == actor.id and became is _before(post)):
        raise Forbidden(_("Only a moderator can do this."))


def _before(post: Post) -> Visibility:
    return post.visibility_before or V.PUBLISHED


def _check_own_deletion(session: Session, thread: Thread, post: Post) -> None:
    if isinstance(post, Thread):
        others = select(Answer.id).where(
            Answer.thread_id == post.id, Answer.author_id != post.author_id, Answer.visibility.in_(SHOWN)
        )
        if session.scalar(others.limit(1)) is not None:
            raise Forbidden(_("Others have answered this question, so it stays. You can still edit it."))
    if isinstance(post, Answer) and thread.accepted_answer_id == post.id:
        raise Forbidden(_("This answer solved the question, so it stays. You can still edit it."))


def _move(
    session: Session, actor: Actor | None, thread: Thread, post: Post, became: Visibility, *, reason: str
) -> None:
    was = post.visibility
    if became is was:
        pass
    elif became is V.DELETED or (became is V.HIDDEN and was is not V.DELETED):
        post.visibility_before = was
    elif became in SHOWN or was is V.DELETED:
        post.visibility_before = None
    post.visibility, post.visibility_at = became, now()
    post.visibility_by_id = actor.id if actor else None
    post.visibility_reason = reason or None
    session.flush()
    by = (became in SHOWN) - (was in SHOWN)
    if isinstance(post, Thread):
        listed = is_listed(became) - is_listed(was)
        if listed:
            count_listed(session, post, listed)
    if by:
        count_post(session, thread, post, by)
        refresh_activity(session, thread)
    session.flush()


def _keep_solution(session: Session, actor: Actor | None, thread: Thread, post: Post, was: Visibility) -> None:
    """A removed answer solves nothing; restored, it is the solution again unless another was chosen since."""
    if not isinstance(post, Answer):
        return
    if was in SHOWN and post.visibility not in SHOWN:
        set_aside(session, actor, thread, post)
    elif post.visibility in SHOWN:
        choose_again(session, thread, post)
