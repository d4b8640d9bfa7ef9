"""Posts, and what people follow, when two accounts become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from forum.following.models import HEARING, Follow, Level
from forum.following.models import Subject as Followed
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.letters.wording import LetterWording
from forum.merging import QUIETLY, GivesWay, Joins, Merge, drop_twice, few
from forum.tags.models import RemovedTag, Tag
from forum.threads.models import Answer, Comment, Revision, TagMerge, Thread, Unhelpful

ORDER = (Level.MUTE, Level.WATCH, Level.FOLLOW, Level.NORMAL)
"""Of two levels for one thing the first stays: a mute was said on purpose, else the one that tells more."""


def hold_posts(session: Session, merge: Merge) -> None:
    """Every thread that either wrote in, then their posts, in ascending order as everybody takes them."""
    threads = set(session.scalars(select(Thread.id).where(Thread.author_id.in_(merge.both))))
    for model in (Answer, Comment):
        threads |= set(session.scalars(select(model.thread_id).where(model.author_id == merge.from_id)))
    for ids in few(threads):
        session.execute(select(Thread.id).where(Thread.id.in_(ids)).order_by(Thread.id).with_for_update())
    for post in (Answer, Comment):
        mine = select(post.id).where(post.author_id == merge.from_id).order_by(post.id)
        session.execute(mine.with_for_update())


def settle_levels(session: Session, merge: Merge) -> None:
    """Of what both follow, watch or mute one level stays, and of what others have for both; nobody follows themself."""
    people = (Follow.subject == Followed.PERSON, Follow.subject_id.in_(merge.both))
    session.execute(delete(Follow).where(Follow.account_id.in_(merge.both), *people), **QUIETLY)
    mine = session.scalars(select(Follow).where(Follow.account_id == merge.from_id)).all()
    keys = [(row.subject, row.subject_id) for row in mine]
    theirs = {
        (row.subject, row.subject_id): row
        for subject in Followed
        for ids in few(number for kind, number in keys if kind is subject)
        for row in session.scalars(
            select(Follow).where(
                Follow.account_id == merge.to_id, Follow.subject == subject, Follow.subject_id.in_(ids)
            )
        )
    }
    for row in mine:
        _settle(session, row, theirs.get((row.subject, row.subject_id)))
    merge.noted["followed"] = [number for kind, number in keys if kind is Followed.THREAD]
    of_gone = {row.account_id: row for row in session.scalars(_of_person(merge.from_id))}
    of_stays = {row.account_id: row for row in session.scalars(_of_person(merge.to_id))}
    for account_id, row in of_gone.items():
        _settle(session, row, of_stays.get(account_id))
    session.flush()
    whom = (Follow.subject == Followed.PERSON, Follow.subject_id == merge.from_id)
    session.execute(update(Follow).where(*whom).values(subject_id=merge.to_id), **QUIETLY)


def _of_person(account_id: int) -> Any:
    return select(Follow).where(Follow.subject == Followed.PERSON, Follow.subject_id == account_id)


def _settle(session: Session, row: Follow, other: Follow | None) -> None:
    if other is not None:
        other.level = min(row.level, other.level, key=ORDER.index)
        session.delete(row)


def count_followers(session: Session, merge: Merge) -> None:
    hearing = select(func.count()).where(
        Follow.subject == Followed.THREAD, Follow.subject_id == Thread.id, Follow.level.in_(HEARING)
    )
    for ids in few(merge.noted["followed"]):
        session.execute(
            update(Thread).where(Thread.id.in_(ids)).values(follower_count=hearing.scalar_subquery()), **QUIETLY
        )


def withdraw_unhelpful(session: Session, merge: Merge) -> None:
    """Of two words on one answer one stays, and nobody's own answer did not help them."""
    of_both = select(Unhelpful.answer_id).where(Unhelpful.account_id.in_(merge.both))
    answers = set(session.scalars(of_both))
    _drop_twice(session, merge)
    own = select(Answer.id).where(Answer.author_id.in_(merge.both))
    session.execute(
        delete(Unhelpful).where(Unhelpful.account_id.in_(merge.both), Unhelpful.answer_id.in_(own)), **QUIETLY
    )
    left = select(func.count()).where(Unhelpful.answer_id == Answer.id)
    for ids in few(answers):
        session.execute(
            update(Answer).where(Answer.id.in_(ids)).values(unhelpful_count=left.scalar_subquery()), **QUIETLY
        )


_drop_twice = drop_twice(Unhelpful, Unhelpful.account_id, Unhelpful.answer_id)


def conflicts(session: Session, merge: Merge) -> Iterator[GivesWay]:
    theirs = select(Follow.subject, Follow.subject_id).where(Follow.account_id == merge.to_id)
    both = select(func.count()).where(
        Follow.account_id == merge.from_id, tuple_(Follow.subject, Follow.subject_id).in_(theirs)
    )
    words = _("levels of what both follow, watch or mute: a mute stays, else the one that tells more")
    yield GivesWay(words, session.scalar(both) or 0)
    each_other = select(func.count()).where(
        Follow.subject == Followed.PERSON,
        Follow.account_id.in_(merge.both),
        Follow.subject_id.in_(merge.both),
    )
    yield GivesWay(_("following each other"), session.scalar(each_other) or 0)


def _unsaid(columns: Iterable[Any]) -> dict[Any, str]:
    return dict.fromkeys(columns, "")


JOINS = Joins(
    name="threads",
    moves={
        Thread.author_id: lazy("questions and discussions"),
        Answer.author_id: lazy("answers"),
        Comment.author_id: lazy("comments"),
        Revision.author_id: lazy("versions of posts"),
        Follow.account_id: lazy("levels of what they follow, watch or mute"),
        **_unsaid(
            getattr(model, name) for model in (Thread, Answer, Comment) for name in ("edited_by_id", "visibility_by_id")
        ),
        **_unsaid((Thread.last_activity_by_id, Thread.accepted_by_id, Thread.locked_by_id, Answer.chosen_by_id)),
        **_unsaid((Unhelpful.account_id, Tag.created_by_id, RemovedTag.created_by_id, RemovedTag.removed_by_id)),
        **_unsaid((TagMerge.merged_by_id, LetterWording.changed_by_id)),
    },
    by_hand={Follow.subject_id: ""},
    conflicts=(conflicts,),
    locks=(hold_posts,),
    before=(settle_levels, withdraw_unhelpful),
    after=(count_followers,),
)
