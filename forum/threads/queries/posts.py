"""One post, or several, whatever their kind: what votes, flags, reviews and tickets need to know of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, bindparam, literal, null, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.markup import slugify
from forum.posts import PostKind, PostRef, Visibility
from forum.prepared import prepared
from forum.threads.models import POSTS, Answer, Comment, Thread


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as its neighbours see it; `title` is its thread's, `path` leads to it on the thread's page.

    Text that was withheld is empty here as everywhere.
    """

    ref: PostRef
    thread_id: int
    answer_id: int | None
    author_id: int
    title: str
    path: str
    source: str
    html: Markup
    text: str
    visibility: Visibility
    visibility_reason: str | None
    withheld: bool
    revision: int
    score: int
    from_staff: bool
    thread_author_id: int
    created_at: datetime
    edited_at: datetime | None

    @property
    def slug(self) -> str:
        return slugify(self.title)


def ref(kind: str, post_id: int) -> PostRef:
    """A post named by an address.

    Raises:
        NotFound: there is no such kind of post.
    """
    try:
        return PostRef(PostKind(kind), post_id)
    except ValueError as error:
        raise NotFound(_("There is no such post.")) from error


def find_post(session: Session, actor: Actor | None, ref: PostRef) -> PostRow:
    """A post that the actor may see.

    Raises:
        NotFound: there is none, or none that they may see.
    """
    found = find_posts(session, actor, [ref]).get(ref)
    if found is None:
        raise NotFound(_("There is no such post."))
    return found


def find_posts(session: Session, actor: Actor | None, refs: Iterable[PostRef]) -> dict[PostRef, PostRow]:
    """Those of the posts that the actor may see, in at most one query a kind."""
    wanted: dict[PostKind, list[int]] = defaultdict(list)
    for ref in refs:
        wanted[ref.kind].append(ref.id)
    found: dict[PostRef, PostRow] = {}
    for kind, ids in wanted.items():
        rows = _posts(session, actor, kind, True, id=ids[0]) if len(ids) == 1 else _posts(session, actor, kind, ids=ids)
        for row in rows:
            post = _post(kind, row)
            found[post.ref] = post
    return found


@prepared
def _posts(reader: Actor | None, kind: PostKind, one: bool = False) -> Select[Any]:
    model = POSTS[kind]
    columns: list[Any] = [
        model.id,
        model.author_id,
        model.source,
        model.html,
        model.text,
        model.visibility,
        model.visibility_reason,
        model.withheld,
        model.revision,
        model.created_at,
        model.edited_at,
        Thread.id.label("thread_id"),
        Thread.title,
        Thread.author_id.label("thread_author_id"),
        (Comment.answer_id if kind is PostKind.COMMENT else null()).label("answer_id"),
        _score(kind).label("score"),
        (Answer.from_staff if kind is PostKind.ANSWER else literal(False)).label("from_staff"),
    ]
    # Not `among`: beside an index on what is shown, SQLite would find the posts by that, and read every one.
    which = model.id == bindparam("id") if one else model.id.in_(bindparam("ids", expanding=True))
    query: Select[Any] = select(*columns).where(which, model.visible_to(reader))
    if kind is PostKind.ANSWER:
        query = query.join(Thread, Thread.id == Answer.thread_id).where(Thread.visible_to(reader))
    if kind is PostKind.COMMENT:
        query = query.join(Thread, Thread.id == Comment.thread_id).where(Thread.visible_to(reader))
        query = query.outerjoin(Answer, Answer.id == Comment.answer_id)
        query = query.where(Comment.answer_id.is_(None) | Answer.visible_to(reader))
    return query


def _score(kind: PostKind) -> ColumnElement[int]:
    columns: dict[PostKind, ColumnElement[int]] = {PostKind.THREAD: Thread.score, PostKind.ANSWER: Answer.score}  # type: ignore[dict-item]
    return columns.get(kind, literal(0))


def _post(kind: PostKind, row: Row[Any]) -> PostRow:
    values: Any = row._mapping
    ref = PostRef(kind, values["id"])
    shared = {name: values[name] for name in values if name not in ("id", "source", "html", "text")}
    gone = values["withheld"]
    return PostRow(
        ref=ref,
        path=path_of(ref, values["thread_id"], values["title"], values["answer_id"]),
        source="" if gone else values["source"],
        html=Markup("" if gone else values["html"]),  # noqa: S704 - cooked, and so sanitised
        text="" if gone else values["text"],
        **shared,
    )


def path_of(ref: PostRef, thread_id: int, title: str, answer_id: int | None = None) -> str:
    """Where a post stands, on the page of a long thread that holds it."""
    page = f"/threads/{thread_id}/{slugify(title)}"
    if ref.kind is PostKind.THREAD:
        return page
    on_page = ref.id if ref.kind is PostKind.ANSWER else answer_id
    return f"{page}{f'?answer={on_page}' if on_page else ''}#{ref.kind}-{ref.id}"
