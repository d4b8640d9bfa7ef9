"""What each of several people chose for what happened, read in one go, and so who of them is told and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Ignored
from forum.following.models import Follow, Level, Subject
from forum.following.rules import PERSONAL, Chosen, News, Why, why_told
from forum.prepared import among, prepared
from forum.threads.models import Thread, ThreadTag

NOBODY = 0


def who_is_told(
    session: Session,
    account_ids: Sequence[int],
    *,
    thread_id: int | None,
    actor_id: int | None,
    news: News | None,
    from_staff: bool,
    own: bool,
) -> dict[int, Why]:
    """Those who are told of something in a thread, by the rules of `forum.following.rules`.

    What is about no thread, or was done to their `own` post, has no level: everybody is told.
    """
    if thread_id is None or own:
        return dict.fromkeys(account_ids, PERSONAL)
    rows = _levels(session, None, ids=list(account_ids), thread_id=thread_id, actor_id=actor_id or NOBODY)
    chosen: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        chosen[row.account_id].append(row)
    found: dict[int, Why] = {}
    for one in account_ids:
        why = why_told(_chosen(chosen.get(one, [])), news, from_staff=from_staff)
        if why is not None:
            found[one] = why
    return found


def _chosen(rows: Sequence[Row[Any]]) -> Chosen:
    levels: dict[Subject, Level] = {row.subject: row.level for row in rows}
    return Chosen(
        thread=levels.get(Subject.THREAD),
        tags={row.subject_id: row.level for row in rows if row.subject is Subject.TAG},
        product=levels.get(Subject.PRODUCT),
        person=levels.get(Subject.PERSON),
        ids={row.subject: row.subject_id for row in rows},
    )


def not_blocked(person: Any) -> ColumnElement[bool]:
    """Whoever is blocked by a person can follow them, and hears nothing by it."""
    blocks = exists().where(Ignored.account_id == person, Ignored.other_id == Follow.account_id)
    return not_(blocks.where(Ignored.blocks.is_(True)))


@prepared
def _levels(_reader: None) -> Select[*tuple[Any, ...]]:
    """All levels that people chose for a thread, its tags, its product, and who did something in it."""
    tags = select(ThreadTag.tag_id).where(ThreadTag.thread_id == bindparam("thread_id"))
    product = select(Thread.space_id).where(Thread.id == bindparam("thread_id")).scalar_subquery()
    of_it = or_(
        and_(Follow.subject == Subject.THREAD, Follow.subject_id == bindparam("thread_id")),
        and_(Follow.subject == Subject.TAG, Follow.subject_id.in_(tags)),
        and_(Follow.subject == Subject.PRODUCT, Follow.subject_id == product),
        and_(
            Follow.subject == Subject.PERSON,
            Follow.subject_id == bindparam("actor_id"),
            not_blocked(bindparam("actor_id")),
        ),
    )
    query = select(Follow.account_id, Follow.subject, Follow.subject_id, Follow.level)
    return query.where(among(Follow.account_id, "ids"), of_it)
