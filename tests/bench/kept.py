"""What became of the writes that were acknowledged: each must be there, once, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.posts import PostKind
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote
from tests.bench.load import Outcome
from tests.bench.scenes import Known, Scene, votes


def missing(session: Session, scene: Scene, known: Known, outcome: Outcome) -> list[str]:
    """What was acknowledged and is not there as it should be, in words."""
    if not scene.token:
        cast = votes(known, scene.writes, scene.skipped)
        return _votes(session, [cast[place] for place in outcome.answered])
    model = Thread if scene.token.startswith("ask") else Answer
    sources = session.scalars(select(model.source).where(model.source.contains(scene.token)))
    found = Counter(int(number) for source in sources for number in re.findall(rf"{scene.token}(\d+)", source))
    wrong = [f"{scene.name} {place} is there {found[place]} times" for place in outcome.answered if found[place] != 1]
    return wrong + _miscounted(session)


def _votes(session: Session, acknowledged: Sequence[tuple[int, int]]) -> list[str]:
    cast = select(Vote.account_id, Vote.post_id).where(Vote.post_kind == PostKind.ANSWER)
    there = {(account, post) for account, post in session.execute(cast)}
    wrong = [
        f"the vote of {account} on {post} is lost" for account, post in acknowledged if (account, post) not in there
    ]
    total = select(func.sum(Vote.value)).where(Vote.post_kind == PostKind.ANSWER, Vote.post_id == Answer.id)
    voted = {post for _account, post in acknowledged}
    scores = session.execute(select(Answer.id, Answer.score - Answer.score_base, total.scalar_subquery()))
    return wrong + [
        f"answer {post} shows {score} for {sum_}" for post, score, sum_ in scores if post in voted and score != sum_
    ]


def _miscounted(session: Session) -> list[str]:
    given = select(func.count()).where(Answer.thread_id == Thread.id, Answer.visibility == "published")
    recent = select(Thread.id, Thread.answer_count, given.scalar_subquery()).order_by(Thread.last_activity_at.desc())
    rows = session.execute(recent.limit(500))
    return [f"thread {one} says {said} answers and has {has}" for one, said, has in rows if said != has]
