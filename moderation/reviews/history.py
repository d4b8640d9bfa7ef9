"""What moderators know of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.posts import SHOWN
from forum.threads.models import POSTS
from forum.threads.queries import Person, people
from moderation.reviews.models import Review, ReviewDecision
from moderation.reviews.record import DecisionRow, record
from moderation.sanctions.queries import SanctionRow, sanctions_of

HISTORY = 10


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """What is known of a post's author."""

    person: Person | None
    account_id: int
    joined_at: datetime
    posts: int
    removed: int
    decisions: tuple[DecisionRow, ...]
    sanctions: tuple[SanctionRow, ...]


def author_row(session: Session, account_id: int, *, but_not: int = 0) -> AuthorRow:
    """A person's history, for moderators: what they posted, what was decided about it, sanctions."""
    account = session.get_one(Account, account_id)
    posts = removed = 0
    for model in POSTS.values():
        shown = func.count().filter(model.visibility.in_(SHOWN))
        total, visible = session.execute(
            select(func.count(), shown).select_from(model).where(model.author_id == account_id)
        ).one()
        posts, removed = posts + total, removed + total - visible
    ids = session.scalars(
        select(Review.id)
        .join(ReviewDecision, ReviewDecision.review_id == Review.id)
        .where(Review.author_id == account_id, Review.id != but_not)
        .group_by(Review.id)
        .order_by(func.max(ReviewDecision.id).desc())
        .limit(HISTORY)
    ).all()
    decisions, _statements = record(session, list(ids))
    latest = sorted((row for rows in decisions.values() for row in rows), key=lambda row: -row.id)
    return AuthorRow(
        person=people(session, [account_id]).get(account_id),
        account_id=account_id,
        joined_at=account.created_at,
        posts=posts,
        removed=removed,
        decisions=tuple(latest[:HISTORY]),
        sanctions=sanctions_of(session, account_id, limit=HISTORY),
    )
