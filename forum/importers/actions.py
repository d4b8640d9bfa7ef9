"""Importing a site: the phases of a Stack Exchange dump, each of which can be killed and run again.

What is written, and the memory that it was, share a transaction, so a run that was
killed goes on where it stopped. Nothing is announced: an import sends no mail, opens no
ticket and starts no clock.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from forum.db import Database
from forum.importers import comments, links, people, posts, tags
from forum.importers.dump import DumpError, Row, find, number, rows, tag_names
from forum.importers.emails import import_emails
from forum.importers.kitchen import cooks_for, kitchen
from forum.importers.record import recorded
from forum.importers.run import AHEAD, STACKEXCHANGE, Report, Run, Show, Write, batches, source
from forum.importers.staging import staging

TYPES = {1: "questions", 2: "answers", 4: "tag descriptions", 5: "tag wikis", 6: "election posts", 7: "site wikis"}
VOTES = {1: "accepted answers", 2: "votes up", 3: "votes down", 5: "bookmarks"}


def import_stackexchange(
    database: Database,
    folder: Path,
    *,
    var: Path,
    progress: Show,
    site: str | None = None,
    cooks: int | None = None,
    emails: Path | None = None,
    letters: bool = False,
) -> Report:
    """Import a dump's folder: Posts.xml alone, or with whichever of the other tables are there.

    `site` is the name that later dumps of the same site go by; by default the folder's,
    without the date at its end. `cooks` processes lay the texts out; by default as many as there are cores.
    `emails` lists the addresses of people, by which they can claim their accounts; `letters` writes to them.

    Raises:
        DumpError: there is no Posts.xml, or a file cannot be read to its end.
    """
    posts_file = find(folder, "posts") if folder.is_dir() else None
    if posts_file is None:
        raise DumpError(f"There is no Posts.xml in {folder}.")
    name = site or re.sub(r"[-_.]?\d{4}-\d{2}(-\d{2})?$", "", folder.resolve().name)[:80] or "stackexchange"
    source_id = database.write(lambda session: source(session, name).id)
    report = Report()
    with (
        recorded(database, source_id, STACKEXCHANGE, report, progress) as show,
        staging(var) as kept,
        kitchen(cooks_for(posts_file) if cooks is None else cooks) as cooking,
    ):
        run = Run(database, source_id, kept, cooking, report, show)
        _stage(run, folder)
        _each(run, folder, "users", people.import_users, what="people")
        _each(run, folder, "posts", posts.import_questions, what="questions", keep=_is(1))
        _each(run, folder, "posts", posts.import_answers, what="answers", keep=_is(2))
        for pairs in batches(kept.accepted()):
            links.accept(run, pairs)
        _each(run, folder, "tags", _at_once(tags.import_tags), what="tags")
        _each(run, folder, "comments", comments.import_comments, what="comments")
        _each(run, folder, "postlinks", _at_once(links.link_duplicates), what="links")
        _each(run, folder, "votes", _at_once(links.bookmark), what="bookmarks", keep=_is_bookmark)
        if find(folder, "badges"):
            run.report.notes.append("Badges were not imported: they are earned here by what people do here.")
        if emails is not None:
            import_emails(run, emails, letters=letters)
        return run.report


def _stage(run: Run, folder: Path) -> None:
    """Put aside what the posts will be asked for, and count what will not become anything."""
    for name, keep in (("posthistory", _stage_history), ("votes", _stage_votes), ("posts", _stage_posts)):
        if file := find(folder, name):
            with run.progress(f"Reading {file.name}", file.stat().st_size) as advance:
                keep(run, rows(file, advance))


def _stage_history(run: Run, history: Iterator[Row]) -> None:
    lines = run.staging.keep_history(history)
    run.report.notes.append(f"History: {lines} lines, of which those of edited posts made their revisions.")


def _stage_votes(run: Run, votes: Iterator[Row]) -> None:
    seen: Counter[str] = Counter()

    def counted() -> Iterator[Row]:
        for row in votes:
            seen[VOTES.get(number(row, "VoteTypeId"), "other")] += 1
            yield row

    run.staging.keep_votes(counted())
    run.report.notes.append(
        f"Votes: {seen.total()}, of which {seen['votes up']} up and {seen['votes down']} down stand in the scores,"
        f" {seen['accepted answers']} date the accepted answers, {seen['bookmarks']} are bookmarks,"
        f" {seen['other']} are of kinds that have no place here."
    )


def _stage_posts(run: Run, found: Iterator[Row]) -> None:
    for row in found:
        kind = number(row, "PostTypeId")
        if kind == 1:
            run.staging.count_tags(tag_names(row.get("Tags")))
            if row.get("AcceptedAnswerId"):
                run.staging.keep_accepted(row["Id"], row["AcceptedAnswerId"])
        elif kind == 4:
            run.staging.keep_excerpt(row["Id"], row.get("Body", ""))
        if kind not in (1, 2, 4):
            run.report.read["other posts"] += 1
            run.report.skip("other posts", f"{TYPES.get(kind, f'posts of type {kind}')} have no place here")


def _each(
    run: Run,
    folder: Path,
    table: str,
    start: Callable[[Run, Sequence[Row]], Write],
    *,
    what: str,
    keep: Callable[[Row], bool] = lambda _row: True,
) -> None:
    """Write a table batch by batch, in its order, while the kitchen cooks for the batches after."""
    file = find(folder, table)
    if file is None:
        return
    with run.progress(f"Importing {what}", file.stat().st_size) as advance:
        drain(run, (row for row in rows(file, advance) if keep(row) and row.get("Id")), start)


def drain(run: Run, wanted: Iterable[Row], start: Callable[[Run, Sequence[Row]], Write]) -> None:
    """Write rows batch by batch, while the kitchen cooks for the batches after."""
    started: deque[tuple[set[str], Write]] = deque()
    for batch in batches(wanted):
        ids = {row["Id"] for row in batch}
        # What stands twice in a dump must find its first self written.
        while len(started) > AHEAD or any(ids & before for before, _write in started):
            started.popleft()[1]()
        started.append((ids, start(run, batch)))
    for _ids, write in started:
        write()


def _at_once(write: Callable[[Run, Sequence[Row]], None]) -> Callable[[Run, Sequence[Row]], Write]:
    """For a table with nothing to cook."""
    return lambda run, batch: lambda: write(run, batch)


def _is_bookmark(row: Row) -> bool:
    return number(row, "VoteTypeId") == links.BOOKMARK


def _is(kind: int) -> Callable[[Row], bool]:
    return lambda row: number(row, "PostTypeId") == kind
