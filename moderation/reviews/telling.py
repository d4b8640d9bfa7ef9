"""Telling flaggers and authors what became of a post: in the page, and by mail to those who want it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.events.moderation import Decision
from forum.i18n import gettext as _
from forum.threads.models import Thread
from forum.threads.queries import path_of
from moderation.flags.models import Flag, FlagState
from moderation.reviews.choices import AGAINST_AUTHOR, Terms
from moderation.reviews.models import Appeal, Review, ReviewDecision
from moderation.reviews.words import told_author, told_flagger
from moderation.telling import tell


def decided(
    session: Session, thread: Thread, row: ReviewDecision, terms: Terms | None, *, review: Review, shown_again: bool
) -> bool:
    """Tell the author, and answer with whether there was something to tell."""
    words = told_author(row.decision, thread.title, row.grounds, row.message, shown_again=shown_again, terms=terms)
    if not words:
        return False
    if row.decision in AGAINST_AUTHOR:
        words += " " + _("If this is wrong, you can appeal: another moderator will look.")
    path = own_page(review) if row.decision in AGAINST_AUTHOR else _post_path(review, thread)
    tell(session, review.author_id, "decided", words, path)
    return True


def flags_settled(session: Session, review: Review, thread: Thread, flags: Iterable[Flag]) -> None:
    for flag in flags:
        tell(session, flag.account_id, "flag", told_flagger(flag.state, thread.title), _post_path(review, thread))


def undone(session: Session, review: Review, thread: Thread, row: ReviewDecision) -> None:
    """Only those hear of it who had heard of the decision."""
    if row.decision in AGAINST_AUTHOR or (row.decision is Decision.APPROVE and review.hidden_from is not None):
        words = _("What a moderator decided about your post in “{title}” was taken back; it is looked at again.")
        tell(session, review.author_id, "undone", words.format(title=thread.title), own_page(review))
    waiting = select(Flag).where(Flag.review_id == review.id, Flag.state == FlagState.PENDING)
    flags_settled(session, review, thread, session.scalars(waiting).all())


def appeal_decided(session: Session, review: Review, thread: Thread, row: Appeal) -> None:
    if row.upheld:
        words = _("Your appeal about “{title}” was looked at, and the decision stands.")
    else:
        words = _("Your appeal about “{title}” was right: the decision was taken back, with all it did.")
    parts = [words.format(title=thread.title), row.message]
    if row.by_the_first:
        parts.append(_("Nobody else could judge it, so this was the moderator who had decided before."))
    tell(session, review.author_id, "appeal", " ".join(part for part in parts if part), own_page(review))


def own_page(review: Review) -> str:
    """The author's own page about a review."""
    return f"/moderation/reviews/{review.id}/appeal"


def _post_path(review: Review, thread: Thread) -> str:
    return path_of(review.post, thread.id, thread.title)
