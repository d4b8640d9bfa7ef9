"""What is told later: to a crowd, and of posts that waited for approval."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from forum.db import Database
from forum.events.threads import AnswerPosted, CommentPosted, ThreadAsked
from forum.jobs import Jobs
from forum.mail import Postman
from forum.notifications import digests, fan_out, mailing, subscribers
from forum.posts import PostKind
from forum.threads.models import POSTS, Answer, Comment, Thread

MENTION = re.compile(r'<a class="mention" href="/people/([a-z0-9_-]{3,30})"')


def install(jobs: Jobs, database: Database, postman: Postman) -> None:
    jobs.does(fan_out.FOLLOWERS, fan_out.tell_slice)
    jobs.does(fan_out.PUBLISHED, tell_of_published)
    jobs.every("*/10 * * * *", digests.DUE, digests.make_due)
    jobs.sends(mailing.LETTER, mailing.Carrier(database, postman).deliver)
    jobs.sends(digests.DIGEST, digests.Binder(database, postman).deliver)


def tell_of_published(session: Session, payload: dict[str, Any]) -> None:
    """Tell those who would have heard of a post at once, had it not waited for approval."""
    post = session.get(POSTS[PostKind(payload["kind"])], payload["id"])
    mentions = tuple(MENTION.findall(post.html)) if isinstance(post, Thread | Answer | Comment) else ()
    if isinstance(post, Thread):
        asked = ThreadAsked(
            actor_id=None, thread_id=post.id, author_id=post.author_id, visibility=post.visibility, mentions=mentions
        )
        subscribers.on_asked(session, asked)
    elif isinstance(post, Answer):
        answered = AnswerPosted(
            actor_id=None,
            thread_id=post.thread_id,
            answer_id=post.id,
            author_id=post.author_id,
            thread_author_id=session.get_one(Thread, post.thread_id).author_id,
            from_staff=post.from_staff,
            visibility=post.visibility,
            mentions=mentions,
        )
        subscribers.on_answered(session, answered)
    elif isinstance(post, Comment):
        parent: Thread | Answer = session.get_one(Thread, post.thread_id)
        if post.answer_id is not None:
            parent = session.get_one(Answer, post.answer_id)
        commented = CommentPosted(
            actor_id=None,
            thread_id=post.thread_id,
            answer_id=post.answer_id,
            comment_id=post.id,
            author_id=post.author_id,
            parent_author_id=parent.author_id,
            visibility=post.visibility,
            mentions=mentions,
        )
        subscribers.on_commented(session, commented)
