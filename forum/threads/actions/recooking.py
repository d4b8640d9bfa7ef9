"""Cooking again what an older cooker made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.db import Database
from forum.markup import COOKER_VERSION, Uncookable, cook
from forum.threads.actions.writing import cooked_columns
from forum.threads.models import POSTS, Answer, Comment, Post, Thread

BATCH = 50


def stale_posts(session: Session) -> int:
    """How many posts an older cooker made."""
    counts = (select(func.count()).where(model.cooker_version < COOKER_VERSION) for model in POSTS.values())
    return sum(session.scalar(query) or 0 for query in counts)


def recook(database: Database) -> Iterator[tuple[int, int]]:
    """Cook every stale post again, a batch a transaction; yields how many were repaired and how many refused."""
    for model in POSTS.values():
        last = 0
        while True:
            work = _Batch(model, last)
            done, refused, last = database.write(work)
            if not done + refused:
                break
            yield done, refused


class _Batch:
    def __init__(self, model: type[Thread] | type[Answer] | type[Comment], after: int) -> None:
        self.model, self.after = model, after

    def __call__(self, session: Session) -> tuple[int, int, int]:
        model, done, refused, last = self.model, 0, 0, self.after
        query = select(model).where(model.cooker_version < COOKER_VERSION, model.id > self.after)
        found = session.scalars(query.order_by(model.id).limit(BATCH).with_for_update())
        for post in cast(Iterator[Post], found):
            last = post.id
            try:
                cooked = cook(post.source)
            except Uncookable:
                refused += 1
                continue
            for column, value in cooked_columns(cooked).items():
                if column != "source":
                    setattr(post, column, value)
            done += 1
        return done, refused, last
