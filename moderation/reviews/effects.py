"""What each decision changes, noted down so precisely that it can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.clock import now
from forum.errors import Invalid
from forum.events import emit
from forum.events.moderation import Decision, HandedToStaff, PostConfirmedAbusive
from forum.i18n import gettext as _
from forum.posts import Visibility
from forum.threads.actions import deleted_by_author, edit_post, lock_thread, set_visibility, withhold_text
from forum.threads.models import Post, Thread
from moderation.reviews.choices import Choice
from moderation.reviews.claims import Case
from moderation.reviews.models import Review, ReviewKind
from moderation.reviews.words import grounds_words
from moderation.sanctions.actions import impose

Effects = dict[str, Any]
REMOVED = {Decision.REJECT: Visibility.REJECTED, Decision.DELETE: Visibility.DELETED}


def apply(session: Session, actor: Actor, case: Case, choice: Choice) -> Effects:
    """Do what was chosen, and say what that changed."""
    review, thread, post = case
    effects: Effects = {}
    if choice.decision is Decision.EDIT:
        effects["revision"] = _edit(session, actor, review, post, choice)
    if (target := _target(review, post, choice)) is not None:
        effects["visibility"] = _move(session, actor, case, target, choice)
    if choice.withholds and not post.withheld:
        withhold_text(session, actor, review.post, reason=choice.message)
        effects["withheld"] = True
    if choice.decision is Decision.LOCK:
        effects["lock"] = _lock(session, actor, thread, choice)
    if choice.terms is not None and choice.decision is Decision.SANCTION:
        effects["sanction"] = _sanction(session, actor, review, choice)
    return effects | _announce(session, actor, review, choice)


def _target(review: Review, post: Post, choice: Choice) -> Visibility | None:
    """Where the post shall be; None for a decision that leaves it where it is."""
    if choice.decision in REMOVED:
        return REMOVED[choice.decision]
    if choice.decision in (Decision.HIDE, Decision.SANCTION):
        if deleted_by_author(post):
            return Visibility.DELETED
        gone = post.visibility in (Visibility.DELETED, Visibility.REJECTED)
        held = review.kind is ReviewKind.APPROVAL and post.visibility is Visibility.PENDING
        return None if gone else Visibility.REJECTED if held else Visibility.HIDDEN
    if choice.decision in (Decision.LOCK, Decision.HAND_TO_STAFF):
        return None
    if post.visibility is Visibility.PENDING:
        return Visibility.PUBLISHED
    return review.hidden_from if post.visibility is Visibility.HIDDEN else None


def _move(session: Session, actor: Actor, case: Case, target: Visibility, choice: Choice) -> Effects:
    post = case.post
    was, kept = post.visibility, bookkeeping(post)
    reason = choice.message
    if choice.grounds is not None and target not in (Visibility.PUBLISHED, Visibility.UNLISTED):
        reason = f"{grounds_words(choice.grounds)}. {choice.message}".strip()
    set_visibility(session, actor, case.review.post, target, reason=reason[:1000])
    return {"was": was.value, "became": target.value, "kept": kept, "stamp": stamp(post.visibility_at)}


def bookkeeping(post: Post) -> Effects:
    """The columns beside a post's visibility, which say how it came to be so."""
    return {
        "before": post.visibility_before.value if post.visibility_before else None,
        "reason": post.visibility_reason,
        "at": stamp(post.visibility_at),
        "by": post.visibility_by_id,
    }


def stamp(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _edit(session: Session, actor: Actor, review: Review, post: Post, choice: Choice) -> Effects:
    assert choice.cooked is not None, "checked before"
    was = post.revision
    title = choice.title if isinstance(post, Thread) else None
    note = _("Edited in a review")
    became = edit_post(session, actor, review.post, choice.cooked, from_revision=was, title=title, note=note)
    if became == was:
        raise Invalid({"body": _("This is what it says already. Change the text, or choose another decision.")})
    return {"was": was, "became": became}


def _lock(session: Session, actor: Actor, thread: Thread, choice: Choice) -> Effects:
    before = {
        "at": stamp(thread.locked_at),
        "until": stamp(thread.locked_until),
        "by": thread.locked_by_id,
        "reason": thread.lock_reason,
    }
    until = now() + timedelta(days=choice.lock_days) if choice.lock_days else None
    why = choice.message or (grounds_words(choice.grounds) if choice.grounds else _("Locked by a moderator"))
    lock_thread(session, actor, thread.id, reason=why[:300], until=until)
    return {"before": before, "stamp": stamp(thread.locked_at)}


def _sanction(session: Session, actor: Actor, review: Review, choice: Choice) -> int:
    assert choice.terms is not None, "checked before"
    why = choice.message or (grounds_words(choice.grounds) if choice.grounds else "")
    kind, until = choice.terms.kind, choice.terms.until
    return impose(session, actor, review.author_id, kind, message=why, until=until, told=True).id


def _announce(session: Session, actor: Actor, review: Review, choice: Choice) -> Effects:
    said: Effects = {"actor_id": actor.id, "thread_id": review.thread_id, "review_id": review.id}
    if choice.abusive:
        emit(session, PostConfirmedAbusive(post=review.post, author_id=review.author_id, **said))
        return {"abusive": True}
    if choice.decision is Decision.HAND_TO_STAFF:
        emit(session, HandedToStaff(reason=choice.note, **said))
        return {"staff": True}
    return {}
