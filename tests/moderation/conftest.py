"""People and flagged posts for the tests of moderation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.access import Actor
from forum.accounts.models import Account
from forum.clock import now
from forum.db import Database
from forum.events.moderation import Decision, FlagReason
from forum.posts import PostRef
from forum.threads.models import POSTS, Post
from moderation.flags.actions import flag_post
from moderation.reviews.choices import Choice
from moderation.reviews.deciding import decide
from moderation.reviews.models import Review, ReviewDecision
from moderation.reviews.undoing import undo
from tests.factories import Make

LONG_AGO = timedelta(days=400)


class Bench:
    """What people and moderators do in these tests, each act in a transaction of its own."""

    def __init__(self, database: Database, make: Make) -> None:
        self.database = database
        self.make = make

    def actor(self, account: Account) -> Actor:
        return self.make.actor(account)

    def flagger(self, **columns) -> Account:
        """Somebody whose flag counts for exactly 1, whatever the preset asks of flaggers."""
        return self.make.account(**({"reputation": 20} | columns))

    def member(self, **columns) -> Account:
        """Somebody long here with points enough not to be hidden by flags alone."""
        return self.make.account(**({"reputation": 100, "created_at": now() - LONG_AGO} | columns))

    def flag(self, post: Post, account: Account | None = None, reason=FlagReason.SPAM, note: str = "") -> None:
        actor = self.actor(account or self.flagger())
        self.database.write(lambda session: flag_post(session, actor, ref(post), reason, note))

    def review(self, post: Post) -> Review:
        with self.database.reading() as session:
            one = ref(post)
            return session.scalars(select(Review).filter_by(post_kind=one.kind, post_id=one.id)).one()

    def decide(self, moderator: Account, post: Post, decision: Decision, *, version: int | None = None, **choice):
        review, actor = self.review(post), self.actor(moderator)
        grounds = choice.pop("grounds", FlagReason.OFF_TOPIC)
        chosen = Choice(decision, grounds=grounds, **choice)
        return self.database.write(
            lambda session: decide(session, actor, review.id, chosen, version=version or review.version)
        )

    def undo(self, moderator: Account, decision: ReviewDecision) -> None:
        actor = self.actor(moderator)
        self.database.write(lambda session: undo(session, actor, decision.id))

    def again(self, post: Post) -> Post:
        """The post as it is now."""
        with self.database.reading() as session:
            return session.get_one(type(post), post.id)


def ref(post: Post) -> PostRef:
    return PostRef(next(kind for kind, model in POSTS.items() if isinstance(post, model)), post.id)


@pytest.fixture
def bench(database: Database, make: Make) -> Bench:
    return Bench(database, make)


@pytest.fixture
def moderator(make: Make) -> Account:
    return make.moderator("mo")


@pytest.fixture
def spam(make: Make, thread) -> Post:
    """An answer by somebody new."""
    return make.answer(thread, author=make.account("spammer"), body="Buy watches now")
