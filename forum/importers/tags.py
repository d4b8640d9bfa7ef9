"""Tags, and which thread has which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum.clock import now
from forum.importers.dump import Row, number
from forum.importers.run import Run, add_up
from forum.markup import plain_text
from forum.tags.models import Tag
from forum.threads.models import Thread, ThreadTag


def import_tags(run: Run, rows: Sequence[Row]) -> None:
    """Bring one batch of Tags.xml into the database: descriptions, and tags that no question has."""
    named = {row.get("TagName", "").lower()[:35]: row for row in rows if row.get("TagName")}

    def write(session: Session) -> tuple[int, int]:
        before = dict.fromkeys(session.scalars(select(Tag.name).where(Tag.name.in_(named), Tag.description != "")))
        missing = set(named) - set(session.scalars(select(Tag.name).where(Tag.name.in_(named))))
        find_or_make(session, named)
        described = 0
        for name in sorted(set(named) - set(before)):
            about = plain_text(run.staging.excerpt(named[name].get("ExcerptPostId")))[:500]
            if about:
                session.execute(update(Tag).where(Tag.name == name).values(description=about))
                described += 1
        return len(missing), described

    missing, described = run.database.write(write)
    off = sum(number(row, "Count") != run.staging.tag_uses(name) for name, row in named.items())
    run.report.read["tags"] += len(rows)
    run.report.added["tags"] += 0
    run.report.added["tags that no question has"] += missing
    run.report.added["tag descriptions"] += described
    run.report.skip("tag counts", "differs from the actual use; the actual use is counted", off)


def set_tags(session: Session, wanted: Mapping[int, Sequence[str]]) -> None:
    """Give each thread its tags, and keep what each tag counts."""
    ids = find_or_make(session, {name for names in wanted.values() for name in names})
    before: dict[int, list[int]] = {thread_id: [] for thread_id in wanted}
    current = select(ThreadTag.thread_id, ThreadTag.tag_id).where(ThreadTag.thread_id.in_(wanted))
    for thread_id, tag_id in session.execute(current.order_by(ThreadTag.thread_id, ThreadTag.position)):
        before[thread_id].append(tag_id)
    after = {thread_id: list(dict.fromkeys(ids[name] for name in names)) for thread_id, names in wanted.items()}
    moved = [thread_id for thread_id in wanted if before[thread_id] != after[thread_id]]
    session.execute(delete(ThreadTag).where(ThreadTag.thread_id.in_(moved)))
    asked = session.execute(select(Thread.id, Thread.created_at).where(Thread.id.in_(moved)))
    since = {thread_id: moment for thread_id, moment in asked}  # noqa: C416 - dict() takes a result for a mapping
    rows = [
        {"thread_id": thread_id, "tag_id": tag_id, "position": position, "created_at": since[thread_id]}
        for thread_id in moved
        for position, tag_id in enumerate(after[thread_id])
    ]
    if rows:
        session.execute(insert(ThreadTag), rows)
    change: Counter[int] = Counter()
    for thread_id in _counted(session, moved):
        change.update(after[thread_id])
        change.subtract(before[thread_id])
    add_up(session, Tag.thread_count, change)


def _counted(session: Session, thread_ids: Sequence[int]) -> Sequence[int]:
    """Those whose tags count: everybody finds them in the lists."""
    return session.scalars(
        select(Thread.id).where(Thread.id.in_(thread_ids), Thread.visible_to(None), Thread.listed())
    ).all()


def find_or_make(session: Session, names: Sequence[str] | set[str] | Mapping[str, object]) -> dict[str, int]:
    """The tag of each name, made where there is none; a synonym's is the one that it stands for."""
    wanted = sorted(names)
    if wanted:
        make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        rows = [{"name": name, "description": "", "thread_count": 0, "created_at": now()} for name in wanted]
        session.execute(make(Tag).on_conflict_do_nothing(index_elements=["name"]), rows)
    found = session.execute(select(Tag.name, func.coalesce(Tag.main_id, Tag.id)).where(Tag.name.in_(wanted)))
    return {name: tag_id for name, tag_id in found}  # noqa: C416 - dict() takes a result for a mapping
