"""Telling many: a few at once, a crowd by a job, a slice at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Select, bindparam, select, union
from sqlalchemy.orm import Session

from forum.following.models import Follow, Subject
from forum.following.rules import News, levels_that_tell
from forum.jobs import enqueue
from forum.notifications.actions import Notice, tell
from forum.notifications.deciding import not_blocked
from forum.posts import PostKind, PostRef
from forum.prepared import prepared
from forum.threads.models import Thread, ThreadTag
from forum.threads.queries import PostRow

FOLLOWERS = "notifications.followers"
PUBLISHED = "notifications.published"
AT_ONCE = 50
MOST_TAGS = 5
NOBODY = 0


def tell_followers(
    session: Session,
    thread_id: int,
    notice: Notice,
    news: News,
    *,
    about: PostRow | None = None,
    but: Collection[int] = (),
) -> None:
    """Tell everybody whose levels tell of such news in a thread; more than a few of them later.

    `but` are those whom it concerns more closely, whether they were told or did not want to be.
    """
    notice = replace(notice, news=news, thread_id=thread_id)
    subjects = _subjects_of(session, thread_id, notice.actor_id)
    followers = _followers(session, subjects, news, after=0)
    if not followers:
        return
    if len(followers) <= AT_ONCE:
        tell(session, set(followers).difference(but), notice, about=about)
        return
    payload = {"subjects": subjects, "news": news.value, "after": 0, "but": sorted(but), "notice": asdict(notice)}
    enqueue(session, FOLLOWERS, payload)


def tell_slice(session: Session, payload: dict[str, Any]) -> None:
    """Tell the next few followers, and leave the rest to the job after this one."""
    told, news = dict(payload["notice"]), News(payload["news"])
    if told["post"] is not None:
        kind, post_id = told["post"]
        told["post"] = PostRef(PostKind(kind), post_id)
    followers = _followers(session, payload["subjects"], news, after=payload["after"])
    tell(session, set(followers[:AT_ONCE]).difference(payload["but"]), Notice(**(told | {"news": news})))
    if len(followers) > AT_ONCE:
        enqueue(session, FOLLOWERS, {**payload, "after": followers[AT_ONCE - 1]})


def _subjects_of(session: Session, thread_id: int, actor_id: int | None) -> dict[str, int]:
    """What somebody may have a level for, by the names of the parameters below."""
    rows = _around(session, None, thread_id=thread_id).all()
    tags = [row.tag_id for row in rows if row.tag_id is not None][:MOST_TAGS]
    tags += [NOBODY] * (MOST_TAGS - len(tags))
    return {
        "thread_id": thread_id,
        "product_id": rows[0].space_id or NOBODY if rows else NOBODY,
        "person_id": actor_id or NOBODY,
        **{f"tag_{place}": tag_id for place, tag_id in enumerate(tags)},
    }


@prepared
def _around(_reader: None) -> Select[*tuple[Any, ...]]:
    query = select(Thread.space_id, ThreadTag.tag_id).outerjoin(ThreadTag, ThreadTag.thread_id == Thread.id)
    return query.where(Thread.id == bindparam("thread_id")).order_by(ThreadTag.position)


def _followers(session: Session, subjects: dict[str, int], news: News, *, after: int) -> list[int]:
    """The next followers in order, one more than are told at once."""
    return list(_next_followers(session, None, news, after=after, **subjects).scalars())


@prepared
def _next_followers(_reader: None, news: News) -> Select[int]:
    """The first few of each subject, and of those the first few: no more is read, however many follow a tag."""
    names = {Subject.THREAD: ["thread_id"], Subject.PRODUCT: ["product_id"], Subject.PERSON: ["person_id"]}
    names[Subject.TAG] = [f"tag_{place}" for place in range(MOST_TAGS)]
    some = []
    for subject, parameters in names.items():
        levels = levels_that_tell(subject, news)
        for parameter in parameters if levels else ():
            of_one = select(Follow.account_id).where(Follow.subject == subject, Follow.level.in_(levels))
            of_one = of_one.where(Follow.subject_id == bindparam(parameter), Follow.account_id > bindparam("after"))
            if subject is Subject.PERSON:
                of_one = of_one.where(not_blocked(bindparam(parameter)))
            some.append(select(of_one.order_by(Follow.account_id).limit(AT_ONCE + 1).subquery().c.account_id))
    every = union(*some).subquery()
    return select(every.c.account_id).order_by(every.c.account_id).limit(AT_ONCE + 1)
