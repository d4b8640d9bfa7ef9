"""What a feed holds: the newest threads that everybody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.markup import slugify
from forum.tags.models import Tag
from forum.threads.models import Thread, ThreadTag

ENTRIES = 30


@dataclass(frozen=True, slots=True)
class FeedEntry:
    id: int
    slug: str
    title: str
    html: str
    author: str
    created_at: datetime
    updated_at: datetime


def feed(session: Session, *, tag: str | None = None) -> tuple[FeedEntry, ...]:
    """The newest threads; a feed is the same for everybody, so it holds what a visitor sees."""
    query = (
        select(
            Thread.id,
            Thread.title,
            Thread.html,
            Account.display_name,
            Account.anonymised_at,
            Thread.created_at,
            Thread.edited_at,
        )
        .join(Account, Account.id == Thread.author_id)
        .where(Thread.visible_to(None), Thread.listed(), Thread.withheld.is_(False))
        .limit(ENTRIES)
    )
    if tag is None:
        query = query.order_by(Thread.created_at.desc(), Thread.id.desc())
    else:
        tag_id = select(Tag.id).where(Tag.name == tag).scalar_subquery()
        query = query.join(ThreadTag, and_(ThreadTag.thread_id == Thread.id, ThreadTag.tag_id == tag_id))
        query = query.order_by(ThreadTag.created_at.desc(), ThreadTag.thread_id.desc())
    return tuple(
        FeedEntry(
            id=row.id,
            slug=slugify(row.title),
            title=row.title,
            html=row.html,
            author="" if row.anonymised_at else row.display_name,
            created_at=row.created_at,
            updated_at=row.edited_at or row.created_at,
        )
        for row in session.execute(query)
    )


def began(session: Session, tag: str | None) -> datetime:
    """When a feed began that holds nothing yet: with its tag, or with the first account of the site."""
    query = select(func.min(Account.created_at)) if tag is None else select(Tag.created_at).where(Tag.name == tag)
    return session.scalar(query) or datetime(1970, 1, 1, tzinfo=UTC)
