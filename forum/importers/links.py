"""What joins posts once all of them are there: accepted answers, duplicates, bookmarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.clock import now
from forum.following.models import Follow, Level, Subject
from forum.importers.dump import Row, moment, number
from forum.importers.people import KIND as USER
from forum.importers.run import ANSWER, QUESTION, Run, add_up
from forum.threads.models import Answer, Thread

DUPLICATE = 3
BOOKMARK = 5


def accept(run: Run, pairs: Sequence[tuple[str, str]]) -> None:
    """Mark the accepted answers, unless somebody has chosen differently here."""

    def write(session: Session) -> int:
        threads = run.local_ids(session, QUESTION, [question for question, _answer in pairs])
        answers = run.local_ids(session, ANSWER, [answer for _question, answer in pairs])
        ours = select(Answer.id).where(Answer.id == Thread.accepted_answer_id, Answer.created_at < Thread.imported_at)
        count = 0
        for question, answer in pairs:
            if question not in threads or answer not in answers:
                run.report.skip("accepted answers", "the answer is not in the dump")
                continue
            chosen_at = moment(run.staging.votes(answer)[2])
            changed = session.execute(
                update(Thread)
                .where(
                    Thread.id == threads[question],
                    Thread.accepted_answer_id.is_distinct_from(answers[answer]),
                    (Thread.accepted_answer_id.is_(None) & Thread.accepted_at.is_(None)) | ours.exists(),
                )
                .values(
                    accepted_answer_id=answers[answer],
                    accepted_at=chosen_at or Thread.last_activity_at,
                    accepted_by_id=None,  # chosen elsewhere, and paid for there
                )
                .returning(Thread.id)
            )
            count += len(changed.all())
        return count

    run.report.read["accepted answers"] += len(pairs)
    run.report.added["accepted answers"] += run.database.write(write)


def link_duplicates(run: Run, rows: Sequence[Row]) -> None:
    """Join duplicates to the question they repeat; other links stand in the texts already."""
    pairs = [
        (row.get("PostId", ""), row.get("RelatedPostId", "")) for row in rows if number(row, "LinkTypeId") == DUPLICATE
    ]
    run.report.read["links"] += len(rows)
    run.report.skip("links", "it stands in the text already", len(rows) - len(pairs))

    def write(session: Session) -> int:
        threads = run.local_ids(session, QUESTION, [key for pair in pairs for key in pair])
        count = 0
        for one, other in pairs:
            if one not in threads or other not in threads:
                run.report.skip("links", "one of its questions is not in the dump")
            else:
                count += _join(session, threads[one], threads[other])
        return count

    run.report.added["links"] += run.database.write(write) if pairs else 0


def _join(session: Session, thread_id: int, target_id: int) -> bool:
    """Whether the thread was newly joined to the root of what it repeats; a circle is left open."""
    root, seen = target_id, {thread_id}
    while root not in seen:
        seen.add(root)
        further = session.scalar(select(Thread.duplicate_of_id).where(Thread.id == root))
        if further is None:
            changed = session.execute(
                update(Thread)
                .where(Thread.id == thread_id, Thread.duplicate_of_id.is_(None))
                .values(duplicate_of_id=root)
                .returning(Thread.id)
            )
            return changed.one_or_none() is not None
        root = further
    return False


def bookmark(run: Run, rows: Sequence[Row]) -> None:
    """Whoever had marked a question follows its thread."""
    pairs = [(row["UserId"], row.get("PostId", "")) for row in rows if row.get("UserId")]

    def write(session: Session) -> int:
        people = run.local_ids(session, USER, [person for person, _post in pairs])
        threads = run.local_ids(session, QUESTION, [post for _person, post in pairs])
        here = [(people[person], threads[post]) for person, post in pairs if person in people and post in threads]
        run.report.skip("bookmarks", "its question or person is not in the dump", len(pairs) - len(here))
        if not here:
            return 0
        moment = now()
        same = {"subject": Subject.THREAD, "level": Level.FOLLOW, "created_at": moment}
        rows = [{"account_id": one, "subject_id": thread, **same} for one, thread in sorted(set(here))]
        make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        followed = make(Follow).on_conflict_do_nothing().returning(Follow.subject_id)
        added = Counter(session.scalars(followed, rows))
        add_up(session, Thread.follower_count, added)
        return added.total()

    run.report.read["bookmarks"] += len(rows)
    run.report.added["bookmarks"] += run.database.write(write) if pairs else 0
