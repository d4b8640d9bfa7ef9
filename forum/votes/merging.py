"""Votes, when two accounts become one: a person has one vote on a post, and none on their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.merging import QUIETLY, GivesWay, Joins, Merge, few
from forum.posts import PostKind
from forum.votes.actions import VOTED
from forum.votes.models import Vote


def withdraw(session: Session, merge: Merge) -> None:
    """Take back what makes no sense any more; the ledger reads off the votes that are left what is due."""
    gone = session.execute(select(Vote.account_id, Vote.post_kind, Vote.post_id, Vote.value).where(_goes(merge))).all()
    for kind, model in VOTED.items():
        moved: Counter[int] = Counter()
        for row in gone:
            if row.post_kind is kind:
                moved[row.post_id] += row.value
        by: dict[int, list[int]] = {}
        for post_id, points in moved.items():
            by.setdefault(points, []).append(post_id)
        for points, posts in by.items():
            for ids in few(posts):
                session.execute(update(model).where(model.id.in_(ids)).values(score=model.score - points), **QUIETLY)
    session.execute(delete(Vote).where(_goes(merge)), **QUIETLY)


def _goes(merge: Merge) -> ColumnElement[bool]:
    return or_(_twice(merge), and_(Vote.account_id.in_(merge.both), _own(merge)))


def _twice(merge: Merge) -> ColumnElement[bool]:
    other = aliased(Vote)
    same = (other.account_id == merge.to_id, other.post_kind == Vote.post_kind, other.post_id == Vote.post_id)
    return and_(Vote.account_id == merge.from_id, select(other.account_id).where(*same).exists())


def _own(merge: Merge) -> ColumnElement[bool]:
    return or_(*(and_(Vote.post_kind == kind, Vote.post_id.in_(_posts(kind, merge))) for kind in VOTED))


def _posts(kind: PostKind, merge: Merge) -> Select[Any]:
    return select(VOTED[kind].id).where(VOTED[kind].author_id.in_(merge.both))


def conflicts(session: Session, merge: Merge) -> Iterator[GivesWay]:
    own = and_(Vote.account_id.in_(merge.both), _own(merge))
    yield GivesWay(_("votes for each other, which are taken back with their points"), _count(session, own))
    words = _("votes on posts that both voted on: one of the two stays")
    yield GivesWay(words, _count(session, and_(_twice(merge), ~_own(merge))))


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Vote).where(which)) or 0


JOINS = Joins(name="votes", moves={Vote.account_id: lazy("votes")}, conflicts=(conflicts,), before=(withdraw,))
