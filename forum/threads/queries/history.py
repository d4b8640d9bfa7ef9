"""What a post says, for its editor, and all it said before, with what changed each time."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.posts import PostKind, PostRef
from forum.threads.actions.editing import check_may_edit
from forum.threads.models import POSTS, Post, Revision, Thread
from forum.threads.queries.listing import tags_of
from forum.threads.queries.people import Person, people
from forum.threads.queries.posts import PostRow, find_post
from forum.threads.queries.rows import is_locked
from forum.threads.rules import abilities

PAGE = 20
CONTEXT = 2
MAX_WORDS_LINE = 3000
Line = tuple[str, str | Markup]


@dataclass(frozen=True, slots=True)
class EditablePost:
    ref: PostRef
    title: str
    path: str
    source: str
    revision: int
    tags: tuple[str, ...]
    environment: str
    space_id: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One revision and what it changed; the first changed nothing."""

    number: int
    author: Person | None
    created_at: datetime
    note: str
    rolled_back_to: int | None
    withheld: bool
    title_was: str | None
    title: str | None
    tags_gone: tuple[str, ...]
    tags_new: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class History:
    post: PostRow
    changes: tuple[Change, ...]
    older: int | None
    may_roll_back: bool


def post_to_edit(session: Session, actor: Actor, ref: PostRef) -> EditablePost:
    """A post as its editor finds it.

    Raises:
        NotFound: there is none, or none that the actor may see.
        Forbidden, Conflict: as `edit_post`.
    """
    found = find_post(session, actor, ref)
    post = cast(Post, session.get_one(POSTS[ref.kind], ref.id))
    thread = session.get_one(Thread, found.thread_id)
    check_may_edit(session, actor, thread, post)
    asked = ref.kind is PostKind.THREAD
    return EditablePost(
        ref=ref,
        title=thread.title,
        path=found.path,
        source=found.source,
        revision=found.revision,
        tags=tags_of(session, [thread.id])[thread.id] if asked else (),
        environment=thread.environment,
        space_id=thread.space_id,
        own=found.author_id == actor.id,
    )


def history(session: Session, actor: Actor | None, ref: PostRef, *, before: int | None = None) -> History:
    """A post's revisions, newest first.

    Raises:
        NotFound: there is no such post, none that the actor may see, or its text was removed for good.
    """
    post = find_post(session, actor, ref)
    if post.withheld:
        raise NotFound(_("This text was removed, and so was what it said before."))
    query = select(Revision).where(Revision.post_kind == ref.kind, Revision.post_id == ref.id)
    if before is not None:
        query = query.where(Revision.number < before)
    found = list(session.scalars(query.order_by(Revision.number.desc()).limit(PAGE + 1)))
    who = people(session, (revision.author_id for revision in found))
    shown, more = found[:PAGE], len(found) > PAGE
    earlier: Sequence[Revision | None] = [*found[1:], None]
    changes = tuple(
        _change(revision, was, who.get(revision.author_id)) for revision, was in zip(shown, earlier, strict=False)
    )
    return History(post, changes, shown[-1].number if more else None, _may_roll_back(session, actor, ref, post))


def _may_roll_back(session: Session, actor: Actor | None, ref: PostRef, post: PostRow) -> bool:
    row, thread = session.get_one(POSTS[ref.kind], ref.id), session.get_one(Thread, post.thread_id)
    return abilities(actor, row, locked=is_locked(thread)).edit


def _change(revision: Revision, was: Revision | None, author: Person | None) -> Change:
    hidden = revision.withheld or (was is not None and was.withheld)
    before, after = set(was.tags if was else ()), set(revision.tags)
    return Change(
        number=revision.number,
        author=author,
        created_at=revision.created_at,
        note=revision.note,
        rolled_back_to=revision.rolled_back_to,
        withheld=revision.withheld,
        title=revision.title,
        title_was=was.title if was and was.title != revision.title else None,
        tags_gone=tuple(sorted(before - after)) if was else (),
        tags_new=tuple(sorted(after - before)) if was else (),
        lines=() if hidden else tuple(diff(was.source if was else None, revision.source)),
    )


def diff(before: str | None, after: str) -> Iterator[Line]:
    """What changed, line by line, with the words that differ marked inside a line that was changed."""
    if before is None:
        yield from ((" ", line) for line in after.splitlines())
        return
    old, new = before.splitlines(), after.splitlines()
    groups = difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)
    for number, group in enumerate(groups):
        if number or group[0][1] > 0:
            yield "…", ""
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from ((" ", line) for line in old[a:b])
            elif kind == "replace" and b - a == d - c:
                for was, now in zip(old[a:b], new[c:d], strict=True):
                    yield from _words(was, now)
            else:
                yield from (("-", line) for line in old[a:b])
                yield from (("+", line) for line in new[c:d])


def _words(was: str, now: str) -> Iterator[Line]:
    if len(was) + len(now) > MAX_WORDS_LINE:
        yield from (("-", was), ("+", now))
        return
    old, new = (re.findall(r"\w+|\s+|[^\w\s]", line) for line in (was, now))
    minus, plus = Markup(), Markup()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        mark = Markup("{}") if kind == "equal" else Markup("<b>{}</b>")
        minus += mark.format("".join(old[a:b])) if b > a else ""
        plus += mark.format("".join(new[c:d])) if d > c else ""
    yield from (("-", minus), ("+", plus))
