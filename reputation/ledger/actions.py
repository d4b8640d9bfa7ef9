"""Writes to the ledger. `accounts.reputation` moves in the same transaction, under the accounts' locks.

`award` and `reverse` move points for one cause; `settle` makes the ledger agree with the
votes and acceptances of a post. Whoever calls holds the post's own lock already, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.events.votes import VoteCast
from forum.posts import PostKind, PostRef
from reputation.ledger import dues
from reputation.ledger.awards import awards
from reputation.ledger.book import Award, Book
from reputation.ledger.dues import Cause, Due
from reputation.ledger.models import LedgerEntry, Rule
from reputation.ledger.rules import ACCEPTANCE, VOTES, VOTES_ON


def award(session: Session, account_id: int, rule: Rule, cause: Cause, *, actor_id: int | None = None) -> None:
    """Give what a rule says, unless this cause has a live award already."""
    due = Due(account_id, rule, cause, actor_id)
    settle(session, [due], awards(session, [due.key]), actor_id=actor_id)


def reverse(session: Session, rule: Rule, cause: Cause, *, actor_id: int | None = None) -> None:
    """Take back exactly what was applied for a cause, if its award lives."""
    settle(session, [], awards(session, [dues.key(rule, cause)]), actor_id=actor_id)


def award_edit(session: Session, account_id: int, revision_id: int, *, actor_id: int | None) -> None:
    """Pay somebody whose suggested edit was approved."""
    award(session, account_id, Rule.EDIT_APPROVED, Cause("revision", revision_id), actor_id=actor_id)


def set_imported(session: Session, totals: Mapping[int, int]) -> None:
    """Let what accounts brought from elsewhere be these totals: a row each, and one for what a later import changes."""
    book = Book(session, totals)
    made = session.execute(
        select(LedgerEntry.account_id, func.sum(LedgerEntry.points), func.count())
        .where(LedgerEntry.account_id.in_(totals), LedgerEntry.rule == Rule.IMPORTED)
        .group_by(LedgerEntry.account_id)
    )
    so_far = {account_id: (int(points), rows) for account_id, points, rows in made}
    for account_id, total in totals.items():
        points, rows = so_far.get(account_id, (0, 0))
        if total != points or not rows:
            due = Due(account_id, Rule.IMPORTED, Cause("import", account_id), None)
            book.apply(due, total - points, nominal=total - points, round=rows + 1)
    book.close()


def settle_vote(session: Session, vote: VoteCast) -> None:
    """Make the ledger agree with what one person's vote on a post has become."""
    cause = Cause(vote.post.kind.value, vote.post.id)
    keys = [dues.key(rule, cause, vote.actor_id) for rule in VOTES_ON[vote.post.kind]]
    settle(session, dues.of_vote(vote), awards(session, keys), actor_id=vote.actor_id)


def settle_acceptance(
    session: Session, answer_ids: Sequence[int], *, actor_id: int | None, restoring: bool = False
) -> None:
    """Make the ledger agree with whether these answers are accepted."""
    causes = [Cause(PostKind.ANSWER.value, answer_id) for answer_id in answer_ids]
    keys = [dues.key(rule, cause) for rule in ACCEPTANCE for cause in causes]
    due = dues.of_acceptance(session, answer_ids)
    settle(session, due, awards(session, keys), actor_id=actor_id, restoring=restoring)


def settle_post(session: Session, ref: PostRef, *, actor_id: int | None) -> None:
    """Make the ledger agree with a post's visibility; what comes back is exactly what had gone."""
    due = dues.of_votes(session, ref)
    rules: tuple[Rule, ...] = VOTES
    if ref.kind is PostKind.ANSWER:
        due += dues.of_acceptance(session, [ref.id])
        rules += ACCEPTANCE
    made = awards(session, cause=Cause(ref.kind.value, ref.id), rules=rules)
    settle(session, due, made, actor_id=actor_id, restoring=True)


def settle(
    session: Session, due: Iterable[Due], made: Iterable[Award], *, actor_id: int | None, restoring: bool = False
) -> None:
    """Take back the awards that are not due, then make those that are due and missing.

    `restoring` repeats what an award of the same name had applied before, whatever the
    cap, the floor and the rules say today; where there was none, as for an answer that was
    accepted before it was imported, it applies nothing.
    """
    wanted = {one.key: one for one in due}
    last = {one.key: one for one in made}
    gone = [one for one in last.values() if one.live and one.key not in wanted]
    missing = [one for one in wanted.values() if one.key not in last or not last[one.key].live]
    if not gone and not missing:
        return
    book = Book(session, {one.account_id for one in gone} | {one.account_id for one in missing})
    for award_made in gone:
        book.reverse(award_made, actor_id=actor_id)
    for one in missing:
        before = last.get(one.key)
        if not restoring:
            book.award(one, round=before.round + 1 if before else 1)
        elif before is not None:
            book.restore(one, before)
        else:
            book.apply(one, 0, nominal=0, round=1)
    book.close()
