"""The ledger, when two accounts become one: what lived for the one that goes is taken back, and lives for the other.

No row changes. An award moves as a row that takes it back and one that repeats it (`restores_id`), with the points
that were applied, whatever the cap, the floor and the rules say today, and so counts for no day's cap again. What
moves from one account to the other is dated as it was, so that nobody grew in a day by what they had for years. Being
here pays once, a withdrawn vote nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from forum.merging import Joins, Merge, few
from forum.posts import PostKind
from forum.threads.models import Answer, Thread
from forum.votes.models import Vote
from reputation.ledger import dues
from reputation.ledger.awards import awards, latest
from reputation.ledger.book import Award, Book
from reputation.ledger.dues import Cause, Due
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import ACCEPTANCE, VOTES

NOTED = "ledger"
KINDS = (PostKind.THREAD, PostKind.ANSWER)
ONCE = (Rule.JOINED,)


def note_posts(session: Session, merge: Merge) -> None:
    """The posts whose awards may be somebody else's once everything has moved."""
    gone = merge.from_id
    voted = {
        kind: set(session.scalars(select(Vote.post_id).where(Vote.account_id == gone, Vote.post_kind == kind)))
        for kind in KINDS
    }
    posts: dict[PostKind, set[int]] = {
        PostKind.THREAD: set(session.scalars(select(Thread.id).where(Thread.author_id == gone))),
        PostKind.ANSWER: set(session.scalars(select(Answer.id).where(Answer.author_id == gone))),
    }
    chosen = select(Answer.id).join(Thread, Thread.accepted_answer_id == Answer.id)
    posts[PostKind.ANSWER] |= set(
        session.scalars(chosen.where(or_(Thread.author_id == gone, Thread.accepted_by_id == gone)))
    )
    either = or_(LedgerEntry.account_id == gone, LedgerEntry.actor_id == gone)
    for kind in KINDS:
        named = select(LedgerEntry.cause_id).where(LedgerEntry.cause_kind == kind.value, either, _unreversed())
        posts[kind] |= voted[kind] | set(session.scalars(named.distinct()))
    merge.noted[NOTED] = (voted, posts)


def move_awards(session: Session, merge: Merge) -> None:
    voted, posts = merge.noted[NOTED]
    for kind in KINDS:
        for ids in few(posts[kind]):
            _move_posts(session, merge, kind, ids, voted[kind])
    _move_rest(session, merge)


def _move_posts(session: Session, merge: Merge, kind: PostKind, ids: list[int], voted: set[int]) -> None:
    """Make the awards for some posts agree with their votes, acceptance and authors, paying nothing anew."""
    wanted = {due.key: due for due in dues.of_posts(session, kind, ids)}
    of_posts = (LedgerEntry.cause_kind == kind.value, LedgerEntry.cause_id.in_(ids))
    last = {one.key: one for one in latest(session, and_(*of_posts, LedgerEntry.rule.in_(VOTES + ACCEPTANCE)))}
    goes = [one for one in last.values() if one.live and not _same(wanted.get(one.key), one)]
    gone = {one.id for one in goes}
    comes = [due for key, due in wanted.items() if key not in last or last[key].id in gone or not last[key].live]
    _enter(session, merge, goes, comes, last)
    _keep_hidden(session, merge, [one for one in last.values() if not one.live and one.cause_id in voted], last)


def _keep_hidden(session: Session, merge: Merge, ended: list[Award], last: dict[str, Award]) -> None:
    """Votes on what is hidden have no live award; shown again, they earn what they had, under the voter's new name."""
    kept = []
    for one in ended:
        key = _renamed(one.key, merge.from_id, merge.to_id)
        vote = {"account_id": merge.to_id, "post_kind": PostKind(one.cause_kind), "post_id": one.cause_id}
        if key != one.key and key not in last and session.get(Vote, vote) is not None:
            account_id = merge.to_id if one.account_id == merge.from_id else one.account_id
            kept.append(Due(account_id, one.rule, Cause(one.cause_kind, one.cause_id), merge.to_id, merge.to_id))
    live = {award.key for award in awards(session, [due.key for due in kept]) if award.live} if kept else set()
    kept = [due for due in kept if due.key not in live]  # those of what is shown were just made
    if kept:
        _enter(session, merge, [], kept, last)
        session.flush()
        book = Book(session, {due.account_id for due in kept})
        for award in awards(session, [due.key for due in kept]):
            book.reverse(award, actor_id=merge.actor_id)
        book.close()


def _same(due: Due | None, award: Award) -> bool:
    return due is not None and due.account_id == award.account_id


def _renamed(key: str, voter_id: int, to_id: int) -> str:
    name, _colon, last = key.rpartition(":")
    return f"{name}:{to_id}" if last == str(voter_id) else key


def _enter(session: Session, merge: Merge, goes: list[Award], comes: list[Due], last: dict[str, Award]) -> None:
    if not goes and not comes:
        return
    dates = _dates(session, [one.id for one in last.values()])
    book = Book(session, {one.account_id for one in goes} | {due.account_id for due in comes})
    for one in goes:
        book.reverse(one, actor_id=merge.actor_id)
    for due in comes:
        own = last.get(due.key)
        former = _renamed(due.key, merge.to_id, merge.from_id) if due.voter_id is not None else due.key
        before = own or last.get(former)
        round_ = own.round + 1 if own else 1
        if before is None:  # due only since the two are one: it was never paid, and is not now
            book.apply(due, 0, nominal=0, round=round_)
            continue
        book.apply(due, before.points, nominal=before.nominal, round=round_, restores_id=before.id)
        if before.account_id == merge.from_id and due.account_id == merge.to_id:
            book.date_last(dates[before.id])
    book.close()


def _move_rest(session: Session, merge: Merge) -> None:
    """What the account has for anything else: what it brought from elsewhere, edits, and what abuse cost it."""
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.account_id == merge.from_id, LedgerEntry.rule.not_in(VOTES + ACCEPTANCE), _unreversed())
        .order_by(LedgerEntry.id)
    ).all()
    if not rows:
        return
    named = {_key_of(row, merge) for row in rows}
    rounds: dict[str, int] = {}
    for keys in few(named):
        made = select(LedgerEntry.key, func.count()).where(LedgerEntry.key.in_(keys), LedgerEntry.reverses_id.is_(None))
        rounds.update({key: int(number) for key, number in session.execute(made.group_by(LedgerEntry.key))})
    book = Book(session, merge.both)
    for row in rows:
        award = _award(row)
        book.reverse(award, actor_id=merge.actor_id)
        if row.rule in ONCE:
            continue
        key = _key_of(row, merge)
        rounds[key] = rounds.get(key, 0) + 1
        cause = Cause(row.cause_kind, merge.to_id if row.rule is Rule.IMPORTED else row.cause_id)
        due = Due(merge.to_id, row.rule, cause, row.actor_id)
        book.apply(due, row.points, nominal=row.nominal, round=rounds[key], restores_id=row.id)
        book.date_last(row.created_at)
    book.close()


def _key_of(row: LedgerEntry, merge: Merge) -> str:
    return _renamed(row.key, merge.from_id, merge.to_id) if row.rule is Rule.IMPORTED else row.key


def _award(row: LedgerEntry) -> Award:
    return Award(
        row.id,
        row.account_id,
        row.rule,
        row.points,
        row.nominal,
        row.cause_kind,
        row.cause_id,
        row.key,
        row.round,
        live=True,
    )


def _dates(session: Session, ids: list[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for some in few(ids):
        rows = session.execute(select(LedgerEntry.id, LedgerEntry.created_at).where(LedgerEntry.id.in_(some)))
        found.update((row.id, row.created_at) for row in rows)
    return found


def _unreversed() -> Any:
    taken_back = aliased(LedgerEntry)
    return and_(LedgerEntry.reverses_id.is_(None), ~exists().where(taken_back.reverses_id == LedgerEntry.id))


JOINS = Joins(
    name="ledger",
    stays={
        LedgerEntry.account_id: "no row changes; what lived is taken back and lives for the other",
        LedgerEntry.actor_id: "no row changes",
    },
    before=(note_posts,),
    after=(move_awards,),
)
