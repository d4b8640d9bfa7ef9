"""Reviews as subjects of replies."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.web.api.subjects import number
from moderation.reviews.context import visible_review
from moderation.reviews.models import Review
from moderation.reviews.own import own_page


def threads_of_review(session: Session, actor: Actor, key: str) -> set[int]:
    """
    Raises:
        NotFound: it is none that the actor may see.
    """
    look = visible_review if actor.can(Privilege.MODERATE) else own_page
    look(session, actor, number(key))
    return {session.execute(select(Review.thread_id).where(Review.id == number(key))).scalar_one()}
