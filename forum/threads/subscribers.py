"""What threads do when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from forum.events import Bus
from forum.events.products import ProductChanged
from forum.posts import Visibility
from forum.tags.models import SpaceAudience, Tag
from forum.threads.models import Thread, ThreadTag


def subscribe(bus: Bus) -> None:
    bus.on(ProductChanged, count_its_tags)


def count_its_tags(session: Session, event: ProductChanged) -> None:
    """A tag's public count holds the threads of products that everybody sees."""
    by = (event.audience == SpaceAudience.EVERYONE) - (event.previous == SpaceAudience.EVERYONE)
    if by == 0:
        return
    listed = (
        select(ThreadTag.tag_id, func.count().label("threads"))
        .join(Thread, Thread.id == ThreadTag.thread_id)
        .where(Thread.space_id == event.product_id, Thread.visibility == Visibility.PUBLISHED)
        .group_by(ThreadTag.tag_id)
        .subquery()
    )
    theirs = select(listed.c.threads).where(listed.c.tag_id == Tag.id).scalar_subquery()
    moved = update(Tag).where(Tag.id.in_(select(listed.c.tag_id))).values(thread_count=Tag.thread_count + by * theirs)
    session.execute(moved, execution_options={"synchronize_session": False})
