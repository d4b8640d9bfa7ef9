"""Comments, under the question or the answer they were made on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from forum.importers.dishes import Dish
from forum.importers.dump import Row, number, when
from forum.importers.people import Owner, owners
from forum.importers.run import ANSWER, QUESTION, Known, Run, Write, add_up, digest
from forum.markup import Cooked
from forum.posts import Visibility
from forum.threads.models import Answer, Comment, Thread

KIND = "comment"
Place = tuple[int, int | None]


def import_comments(run: Run, rows: Sequence[Row]) -> Write:
    """Bring one batch of Comments.xml into the database."""
    with run.database.reading() as session:
        known = run.known(session, KIND, [row["Id"] for row in rows])
        places = _places(session, run, [row.get("PostId", "") for row in rows])
    run.report.read["comments"] += len(rows)
    run.report.skip("comments", "its post is not in the dump", sum(row.get("PostId") not in places for row in rows))
    digests = {row["Id"]: digest(row.get("Text"), row.get("Score"), row.get("UserId")) for row in rows}
    moved = [row for row in rows if row.get("PostId") in places and _moved(known.get(row["Id"]), digests[row["Id"]])]
    served = run.kitchen.order([Dish(row.get("Text", "")) for row in moved])

    def finish() -> None:
        cooked = [(row, text) for row, text in zip(moved, served(), strict=True) if text is not None]
        run.report.skip("comments", "its text is too large or too tangled", len(moved) - len(cooked))
        if cooked:
            run.database.write(lambda session: _write(session, run, cooked, places, known, digests))
        fresh = sum(row["Id"] not in known for row, _text in cooked)
        run.report.added["comments"] += fresh
        run.report.changed["comments"] += len(cooked) - fresh

    return finish


def _moved(known: Known | None, sum_of: str) -> bool:
    return known is None or known.digest != sum_of


def _write(
    session: Session,
    run: Run,
    moved: Sequence[tuple[Row, Cooked]],
    places: dict[str, Place],
    known: dict[str, Known],
    digests: dict[str, str],
) -> None:
    people = owners(session, run, [Owner.of(row, "") for row, _cooked in moved])
    fresh = [(row, cooked) for row, cooked in moved if row["Id"] not in known]
    rows = [_columns(row, cooked, people, places[row["PostId"]]) for row, cooked in fresh]
    made = session.scalars(insert(Comment).returning(Comment.id, sort_by_parameter_order=True), rows) if rows else ()
    local = {row["Id"]: number for (row, _cooked), number in zip(fresh, made, strict=True)}
    for row, cooked in moved:
        if row["Id"] in known:
            local[row["Id"]] = known[row["Id"]].local_id
            same = Comment.id == local[row["Id"]], Comment.revision == 1, Comment.withheld.is_(False)
            session.execute(update(Comment).where(*same).values(score_base=number(row, "Score"), **_text(cooked)))
    add_up(session, Thread.comment_count, Counter(row["thread_id"] for row in rows))
    run.remember(session, KIND, [(key, Known(local[key], digests[key], 1)) for key in local])


def _places(session: Session, run: Run, post_ids: Sequence[str]) -> dict[str, Place]:
    """The thread and, where it is one, the answer that a post of the dump became."""
    questions = run.local_ids(session, QUESTION, post_ids)
    answers = run.local_ids(session, ANSWER, post_ids)
    found = session.execute(select(Answer.id, Answer.thread_id).where(Answer.id.in_(answers.values())))
    threads = {answer_id: thread_id for answer_id, thread_id in found}  # noqa: C416 - dict() takes a result for a mapping
    places: dict[str, Place] = {key: (thread_id, None) for key, thread_id in questions.items()}
    return places | {key: (threads[answer_id], answer_id) for key, answer_id in answers.items()}


def _columns(row: Row, cooked: Cooked, people: dict[str, int], place: Place) -> dict[str, Any]:
    return {
        "thread_id": place[0],
        "answer_id": place[1],
        "author_id": people[Owner.of(row, "").key],
        "visibility": Visibility.PUBLISHED,
        "created_at": when(row),
        "score_base": number(row, "Score"),
        **_text(cooked),
    }


def _text(cooked: Cooked) -> dict[str, Any]:
    return {"source": cooked.source, "html": cooked.html, "text": cooked.text, "cooker_version": cooked.version}
