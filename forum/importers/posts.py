"""Questions and answers become threads and answers, with their dates, authors, scores and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account
from forum.clock import now
from forum.importers import closing, revisions, tags
from forum.importers.dishes import Dish
from forum.importers.dump import Row, moment, number, tag_names, when
from forum.importers.people import Owner, owners
from forum.importers.revisions import Said
from forum.importers.run import ANSWER, QUESTION, Known, Run, Write, add_up, digest
from forum.markup import Cooked
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.search.index import index_posts
from forum.tags.models import Space
from forum.threads.actions.counting import count_listed, is_listed, is_public
from forum.threads.models import POSTS, Answer, Thread

LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row with what is slow about it done before any transaction: its history read, its text cooked."""

    row: Row
    digest: str
    history: list[Said]
    cooked: Cooked

    @property
    def id(self) -> str:
        return self.row["Id"]


def import_questions(run: Run, rows: Sequence[Row]) -> Write:
    """Bring one batch of questions into the database."""
    known, served = _prepare(run, QUESTION, rows)

    def write(session: Session, prepared: Sequence[Prepared]) -> None:
        people = owners(session, run, _people(prepared))
        fresh = [post for post in prepared if post.id not in known]
        made = _insert(session, Thread, [_question_columns(run, post, people) for post in fresh])
        local = {post.id: thread_id for post, thread_id in zip(fresh, made, strict=True)}
        local |= {post.id: known[post.id].local_id for post in prepared if post.id in known}
        for post in prepared:
            if post.id in known and not _update(session, run, Thread, post, known[post.id], people):
                run.report.skip("text of edited questions", "edited here since")
        tags.set_tags(session, {local[post.id]: tag_names(post.row.get("Tags")) for post in prepared})
        _count_products(session, [local[post.id] for post in fresh])
        _keep(session, run, QUESTION, PostKind.THREAD, prepared, local, known, people)
        add_up(
            session, Account.question_count, Counter(people[Owner.of(post.row).key] for post in fresh if _shown(post))
        )

    return lambda: _write(run, "questions", served(), known, write)


def import_answers(run: Run, rows: Sequence[Row]) -> Write:
    """Bring one batch of answers into the database; their questions are there already."""
    with run.database.reading() as session:
        threads = run.local_ids(session, QUESTION, [row.get("ParentId", "") for row in rows])
    with_thread = [row for row in rows if row.get("ParentId") in threads]
    run.report.read["answers"] += len(rows) - len(with_thread)
    run.report.skip("answers", "its question is not in the dump", len(rows) - len(with_thread))
    known, served = _prepare(run, ANSWER, with_thread)

    def write(session: Session, prepared: Sequence[Prepared]) -> None:
        people = owners(session, run, _people(prepared))
        fresh = [post for post in prepared if post.id not in known]
        columns = [_post_columns(run, post, people) | {"thread_id": threads[post.row["ParentId"]]} for post in fresh]
        local = {post.id: answer_id for post, answer_id in zip(fresh, _insert(session, Answer, columns), strict=True)}
        local |= {post.id: known[post.id].local_id for post in prepared if post.id in known}
        for post in prepared:
            if post.id in known and not _update(session, run, Answer, post, known[post.id], people):
                run.report.skip("text of edited answers", "edited here since")
        _keep(session, run, ANSWER, PostKind.ANSWER, prepared, local, known, people)
        shown = [post for post in fresh if _shown(post)]
        add_up(session, Thread.answer_count, Counter(threads[post.row["ParentId"]] for post in shown))
        add_up(session, Account.answer_count, Counter(people[Owner.of(post.row).key] for post in shown))

    return lambda: _write(run, "answers", served(), known, write)


def _prepare(run: Run, kind: str, rows: Sequence[Row]) -> tuple[dict[str, Known], Callable[[], list[Prepared]]]:
    """What is known of these rows, and, to be waited for, those that are new or say something new."""
    with run.database.reading() as session:
        known = run.known(session, kind, [row["Id"] for row in rows])
    run.report.read[f"{kind}s"] += len(rows)
    moved = []
    for row in rows:
        history = revisions.said(run.staging.history(row["Id"]))
        sum_of = digest(sorted((name, value) for name, value in row.items() if name not in MOVING), len(history))
        if row["Id"] not in known or known[row["Id"]].digest != sum_of:
            moved.append((row, sum_of, history))
    served = run.kitchen.order([_dish(run, row, history) for row, _sum, history in moved])

    def prepared() -> list[Prepared]:
        cooked = [Prepared(*one, text) for one, text in zip(moved, served(), strict=True) if text is not None]
        run.report.skip(f"{kind}s", "its text is too large or too tangled", len(moved) - len(cooked))
        return cooked

    return known, prepared


MOVING = frozenset({"ViewCount", "AnswerCount", "CommentCount", "FavoriteCount", "LastActivityDate"})
"""What changes in a dump without the post having changed."""


def _dish(run: Run, row: Row, history: Sequence[Said]) -> Dish:
    return Dish(
        (history[-1].source if history else None) or run.source_of(row), row.get("Body", ""), LIMIT, run.of_discourse
    )


def _people(prepared: Sequence[Prepared]) -> list[Owner]:
    found = []
    for post in prepared:
        found += [Owner.of(post.row), *(said.owner for said in post.history)]
        if post.row.get("LastEditorUserId"):
            found.append(Owner.of(post.row, "LastEditor"))
    return found


def _post_columns(run: Run, post: Prepared, people: dict[str, int]) -> dict[str, Any]:
    row, score = post.row, number(post.row, "Score")
    up, down, _accepted = run.staging.votes(post.id)
    if (up or down) and up - down != score:
        run.report.skip("scores", "the votes in the dump make another score; the post's own was kept")
    editor = row.get("LastEditorUserId")
    return {
        "author_id": people[Owner.of(row).key],
        **_text(post),
        **_visibility(row),
        "revision": max(1, len(post.history)),
        "created_at": when(row),
        "edited_at": moment(row.get("LastEditDate")),
        "edited_by_id": people[editor] if editor else None,
        "score": score,
        "score_base": score,
    }


def _question_columns(run: Run, post: Prepared, people: dict[str, int]) -> dict[str, Any]:
    row = post.row
    return {
        **_post_columns(run, post, people),
        **closing.columns(row, run.staging.history(post.id)),
        "title": _title(row),
        "space_id": run.spaces.get(row.get("Category", "")),
        "view_count": number(row, "ViewCount"),
        "last_activity_at": moment(row.get("LastActivityDate")) or when(row),
        "last_activity_by_id": people[Owner.of(row).key],
        "imported_at": now(),
    }


def _visibility(row: Row) -> dict[str, Any]:
    found = Visibility(row.get("Visibility") or Visibility.PUBLISHED)
    if found is not Visibility.HIDDEN:
        return {"visibility": found, "visibility_before": None, "visibility_reason": None, "visibility_at": None}
    reason = "Hidden on the former site."
    before = Visibility.PUBLISHED
    return {"visibility": found, "visibility_before": before, "visibility_reason": reason, "visibility_at": now()}


def _shown(post: Prepared) -> bool:
    return _visibility(post.row)["visibility"] in SHOWN


def _text(post: Prepared) -> dict[str, Any]:
    cooked = post.cooked
    return {"source": cooked.source, "html": cooked.html, "text": cooked.text, "cooker_version": cooked.version}


def _title(row: Row) -> str:
    return " ".join(row.get("Title", "").split())[:150] or f"Question {row['Id']}"


def _insert(session: Session, model: type[Thread] | type[Answer], rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    return list(session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))


def _update(
    session: Session, run: Run, model: type[Thread] | type[Answer], post: Prepared, known: Known, people: dict[str, int]
) -> bool:
    """Take over what a later dump says; False when the text was edited here and is left alone."""
    local = cast(Thread | Answer, session.get_one(model, known.local_id, with_for_update=True))
    score = number(post.row, "Score")
    local.score += score - local.score_base
    local.score_base = score
    if isinstance(local, Thread):
        _close(session, run, local, post.row)
    if local.revision != known.revision or local.withheld:
        return False
    columns = _post_columns(run, post, people)
    for name in ("source", "html", "text", "cooker_version", "revision", "edited_at", "edited_by_id"):
        setattr(local, name, columns[name])
    if isinstance(local, Thread):
        local.title = _title(post.row)
        for name, value in closing.columns(post.row, run.staging.history(post.id)).items():
            setattr(local, name, value)
    return True


def _close(session: Session, run: Run, thread: Thread, row: Row) -> None:
    """Follow a topic into a product that not everybody sees; a move between open ones is this site's own affair."""
    space_id = run.spaces.get(row.get("Category", ""))
    if space_id is None or space_id == thread.space_id or is_public(session, space_id):
        return
    listed = is_listed(thread.visibility)
    if listed:
        count_listed(session, thread, -1)
    thread.space_id = space_id
    session.flush()
    if listed:
        count_listed(session, thread, 1)


def _count_products(session: Session, thread_ids: Sequence[int]) -> None:
    listed = select(Thread.space_id).where(Thread.id.in_(thread_ids), Thread.space_id.is_not(None), Thread.listed())
    add_up(session, Space.thread_count, Counter(one for one in session.scalars(listed) if one is not None))


def _keep(
    session: Session,
    run: Run,
    kind: str,
    post_kind: PostKind,
    prepared: Sequence[Prepared],
    local: dict[str, int],
    known: dict[str, Known],
    people: dict[str, int],
) -> None:
    """History, search and memory, in the same transaction as the posts."""
    said, model = [], POSTS[post_kind]
    silent = set(session.scalars(select(model.id).where(model.id.in_(local.values()), model.withheld.is_(True))))
    for post in prepared:
        if local[post.id] in silent:
            continue
        before = known[post.id].revision if post.id in known else 0
        ref = PostRef(post_kind, local[post.id])
        said += revisions.rows(ref, post.history, people, after=before if before > 1 else 0)
    run.report.added["revisions"] += revisions.keep(session, said)
    index_posts(session, [PostRef(post_kind, local[post.id]) for post in prepared])
    texts = {local[post.id]: (people[Owner.of(post.row).key], post.cooked.html) for post in prepared}
    run.attach(session, post_kind.value, {one: texts[one] for one in texts if one not in silent})
    things = [(post.id, Known(local[post.id], post.digest, max(1, len(post.history)))) for post in prepared]
    run.remember(session, kind, things)
    for post in prepared:
        if alias := post.row.get("Alias"):
            other, _colon, external_id = alias.partition(":")
            run.remember(session, other, [(external_id, Known(local[post.id], "", 0))])


def _write(
    run: Run,
    kind: str,
    prepared: Sequence[Prepared],
    known: dict[str, Known],
    write: Callable[[Session, Sequence[Prepared]], None],
) -> None:
    if prepared:
        run.database.write(lambda session: write(session, prepared))
    fresh = sum(post.id not in known for post in prepared)
    run.report.added[kind] += fresh
    run.report.changed[kind] += len(prepared) - fresh
