"""What somebody wrote, in an export and in an erasure.

What others rely on stays, without a name; what nobody sees goes, as do older versions of everything. Somebody who
wants their words gone too leaves posts that say so, and nothing of them in other people's quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from forum.events import emit
from forum.events.threads import PostsReworded
from forum.following.models import HEARING, Follow
from forum.following.models import Subject as Followed
from forum.i18n import gettext as _
from forum.markup import Uncookable, cook
from forum.personal import (
    AT_ONCE,
    Fate,
    Finding,
    Part,
    Section,
    Step,
    Subject,
    blanks,
    count,
    forgets,
    in_batches,
    scrubs,
)
from forum.posts import SHOWN, PostKind, PostRef
from forum.threads.actions.writing import cooked_columns
from forum.threads.models import POSTS, Answer, Comment, Post, Revision, Thread, Unhelpful
from forum.uploads.actions import forget_holders

TITLE = "Erased at its author's wish"
QUOTE = re.compile(r"^((?:\s{0,3}>\s?)+)(.*)$")
ERASED_QUOTE = "(erased)"
SHORTEST_QUOTE = 8
THREADS_AT_ONCE = 10
Model = type[Thread] | type[Answer] | type[Comment]


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    words = {PostKind.THREAD: _("questions"), PostKind.ANSWER: _("answers"), PostKind.COMMENT: _("comments")}
    kept = _("Others rely on them.")
    placed = _("Their place in the thread stays, with others' posts around it; their words go.")
    for kind, model in POSTS.items():
        mine = (model.author_id == subject.account_id, model.visibility.in_(SHOWN))
        found = count(session, model, *mine)
        if subject.content:
            yield Finding(words[kind], found, Fate.ERASED, placed)
        else:
            yield Finding(words[kind], found, Fate.NAMELESS, kept)
    hidden = sum(
        count(session, model, model.author_id == subject.account_id, model.visibility.not_in(SHOWN))
        for model in POSTS.values()
    )
    yield Finding(_("posts that were deleted, hidden or never published"), hidden, Fate.ERASED)
    revisions = count(session, Revision, Revision.author_id == subject.account_id)
    yield Finding(_("earlier versions of posts"), revisions, Fate.ERASED)
    yield Finding(
        _("levels of what they follow, watch or mute"),
        count(session, Follow, Follow.account_id == subject.account_id),
        Fate.ERASED,
    )
    yield Finding(_("mentions by others"), _mentions(session, subject), Fate.ERASED)


def _mentions(session: Session, subject: Subject) -> int:
    sign = f"@{subject.handle}"
    return sum(count(session, model, model.source.icontains(sign, autoescape=True)) for model in POSTS.values())


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    yield _posts(session, subject, Thread, "questions", _("Questions and discussions"))
    yield _posts(session, subject, Answer, "answers", _("Answers"))
    yield _posts(session, subject, Comment, "comments", _("Comments"))
    words = {
        "post_kind": _("Kind of post"),
        "post_id": _("Number"),
        "number": _("Version"),
        "title": _("Title"),
        "source": _("Text"),
        "note": _("Note"),
        "created_at": _("When"),
    }
    columns = [Revision.id, *(getattr(Revision, name) for name in words)]
    mine = select(*columns).where(Revision.author_id == subject.account_id, Revision.withheld.is_(False))
    rows = ({name: getattr(row, name) for name in words} for row in in_batches(session, mine, Revision.id))
    yield Section("versions", _("Versions of posts"), words, rows)
    follows = {"subject": _("What"), "subject_id": _("Number"), "level": _("Level"), "created_at": _("Since")}
    followed = select(*(getattr(Follow, name) for name in follows)).where(Follow.account_id == subject.account_id)
    found = session.execute(followed.order_by(Follow.subject, Follow.subject_id)).yield_per(500)
    yield Section("follows", _("What you follow, watch or mute"), follows, (row._asdict() for row in found))
    unhelpful = {"answer_id": _("Answer"), "note": _("Note"), "created_at": _("When")}
    said = select(Unhelpful.answer_id, Unhelpful.note, Unhelpful.created_at)
    found = session.execute(said.where(Unhelpful.account_id == subject.account_id).order_by(Unhelpful.answer_id))
    yield Section("unhelpful", _("Answers that did not help"), unhelpful, (row._asdict() for row in found))


def _posts(session: Session, subject: Subject, model: Model, name: str, title: str) -> Section:
    words = {"id": _("Number"), "created_at": _("Written"), "edited_at": _("Edited"), "visibility": _("Shown as")}
    if model is not Thread:
        words["thread_id"] = _("Thread")
    else:
        words |= {"kind": _("Kind"), "title": _("Title"), "environment": _("Environment")}
    words |= {"score": _("Score")} if model is not Comment else {}
    words |= {"source": _("Text")}
    columns = [getattr(model, field) for field in words]
    mine = select(*columns, model.withheld).where(model.author_id == subject.account_id)
    gone = _("(removed to protect private information)")
    rows = (
        {field: getattr(row, field) for field in words} | ({"source": gone, "title": gone} if row.withheld else {})
        for row in in_batches(session, mine, model.id)
    )
    return Section(name, title, words, ({field: row[field] for field in words} for row in rows))


def forget_quotes(session: Session, subject: Subject, cursor: int) -> int | None:
    """What others quoted, line by line, in the threads in which the person wrote; before the words themselves go."""
    if not subject.content:
        return None
    places = [
        select(Thread.id.label("thread_id")).where(Thread.author_id == subject.account_id),
        *(
            select(model.thread_id.label("thread_id")).where(model.author_id == subject.account_id)
            for model in (Answer, Comment)
        ),
    ]
    every = places[0].union(*places[1:]).subquery()
    query = select(every.c.thread_id).where(every.c.thread_id > cursor).order_by(every.c.thread_id)
    threads = session.scalars(query.limit(THREADS_AT_ONCE)).all()
    for thread_id in threads:
        _forget_quotes(session, subject, thread_id)
    return threads[-1] if len(threads) == THREADS_AT_ONCE else None


def _forget_quotes(session: Session, subject: Subject, thread_id: int) -> None:
    own: list[str] = []
    others: list[Post] = []
    for model in POSTS.values():
        in_thread = model.id == thread_id if model is Thread else model.thread_id == thread_id  # type: ignore[union-attr]
        mine = session.execute(select(model.source).where(in_thread, model.author_id == subject.account_id))
        own += [_folded(row.source) for row in mine]
        quoting = (in_thread, model.author_id != subject.account_id, model.source.contains(">"))
        others += cast(list[Post], session.scalars(select(model).where(*quoting)).all())
    said = "\n".join(own)
    changed = [post for post in others if _without_quotes(post, said)]
    _tell(session, changed)
    for post in others:
        ref = _ref(post)
        for revision in session.scalars(select(Revision).filter_by(post_kind=ref.kind, post_id=ref.id)):
            revision.source = _unquoted(revision.source, said)
    session.flush()


def _without_quotes(post: Post, said: str) -> bool:
    kept = _unquoted(post.source, said)
    if kept == post.source:
        return False
    post.source = kept
    _cook_again(post)
    return True


def _unquoted(source: str, said: str) -> str:
    lines = source.split("\n")
    for number, line in enumerate(lines):
        found = QUOTE.match(line)
        if found and len(_folded(found[2])) >= SHORTEST_QUOTE and _folded(found[2]) in said:
            lines[number] = f"{found[1]}{ERASED_QUOTE}"
    return "\n".join(lines)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())


def forget_revisions(session: Session, subject: Subject, cursor: int) -> int | None:
    """All that they wrote in versions that are over; with their words, every version of their posts."""
    query = select(Revision.id).where(Revision.id > cursor, _revisions_of(subject)).order_by(Revision.id)
    found = session.scalars(query.limit(AT_ONCE)).all()
    stays = select(Revision.id).where(Revision.id.in_(found), _stands(subject))
    kept = set(session.scalars(stays))
    gone = [one for one in found if one not in kept]
    words: dict[str, Any] = {"source": "", "title": None, "tags": [], "note": "", "withheld": True}
    session.execute(update(Revision).where(Revision.id.in_(gone)).values(**words))
    return found[-1] if len(found) == AT_ONCE else None


def _revisions_of(subject: Subject) -> ColumnElement[bool]:
    theirs: ColumnElement[bool] = Revision.author_id == subject.account_id
    posts = (
        and_(
            Revision.post_kind == kind,
            Revision.post_id.in_(select(model.id).where(model.author_id == subject.account_id, _gone(model, subject))),
        )
        for kind, model in POSTS.items()
    )
    return or_(theirs, *posts)


def _stands(subject: Subject) -> ColumnElement[bool]:
    """A version that is what a post says today, of a post whose words stay."""
    return or_(
        *(
            and_(
                Revision.post_kind == kind,
                select(model.id)
                .where(
                    model.id == Revision.post_id,
                    model.revision == Revision.number,
                    ~and_(model.author_id == subject.account_id, _gone(model, subject)),
                )
                .exists(),
            )
            for kind, model in POSTS.items()
        )
    )


def _gone(model: Model, subject: Subject) -> ColumnElement[bool]:
    """Whether a post's words go: all, or those that nobody sees."""
    return model.id.is_not(None) if subject.content else model.visibility.not_in(SHOWN)


def forgets_posts(model: Model) -> Step:
    def step(session: Session, subject: Subject, cursor: int) -> int | None:
        query = select(model).where(model.author_id == subject.account_id, _gone(model, subject), model.id > cursor)
        found = session.scalars(query.order_by(model.id).limit(AT_ONCE).with_for_update()).all()
        posts = cast(list[Post], found)
        for post in posts:
            post.source = post.html = post.text = ""
            post.withheld, post.visibility_reason, post.once = True, None, None
            if isinstance(post, Thread):
                post.title, post.environment, post.lock_reason = TITLE, "", None
        session.flush()
        if posts:
            forget_holders(session, _ref(posts[0]).kind.value, [post.id for post in posts])
        _tell(session, posts)
        return posts[-1].id if len(posts) == AT_ONCE else None

    return step


def forget_reasons(model: Model) -> Step:
    """Why posts of theirs were hidden or deleted, which is said to their author alone."""
    return blanks(
        model,
        lambda subject: and_(model.author_id == subject.account_id, model.visibility_reason.is_not(None)),
        visibility_reason=None,
    )


def forget_follows(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Levels of threads, by which each thread counts its followers."""
    mine = (Follow.account_id == subject.account_id, Follow.subject == Followed.THREAD)
    query = select(Follow.subject_id).where(*mine).order_by(Follow.subject_id)
    threads = session.scalars(query.limit(AT_ONCE)).all()
    session.execute(select(Thread.id).where(Thread.id.in_(threads)).order_by(Thread.id).with_for_update())
    session.execute(delete(Follow).where(*mine, Follow.subject_id.in_(threads)))
    left = select(func.count()).where(
        Follow.subject == Followed.THREAD, Follow.subject_id == Thread.id, Follow.level.in_(HEARING)
    )
    session.execute(
        update(Thread)
        .where(Thread.id.in_(threads))
        .values(follower_count=left.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    return 0 if len(threads) == AT_ONCE else None


def _levels(subject: Subject) -> ColumnElement[bool]:
    """Theirs of anything else, and those that others chose for them."""
    theirs = and_(Follow.account_id == subject.account_id, Follow.subject != Followed.THREAD)
    return or_(theirs, and_(Follow.subject == Followed.PERSON, Follow.subject_id == subject.account_id))


def forget_notes(session: Session, subject: Subject, _cursor: int) -> int | None:
    mine = (Unhelpful.account_id == subject.account_id, Unhelpful.note != "")
    session.execute(update(Unhelpful).where(*mine).values(note=""))
    return None


def scrub_notes(session: Session, subject: Subject, _cursor: int) -> int | None:
    """Notes have no number of their own; of those that speak of somebody there are few."""
    if not subject.signs:
        return None
    signs = or_(*(Unhelpful.note.icontains(sign, autoescape=True) for sign in subject.signs))
    for row in session.scalars(select(Unhelpful).where(signs).limit(AT_ONCE)).all():
        row.note = subject.without(row.note)
    return None


def _cook_again(post: Post) -> None:
    try:
        columns = cooked_columns(cook(post.source))
    except Uncookable:
        columns = {"html": ""}
    for name, value in columns.items():
        setattr(post, name, value)


def _ref(post: Post) -> PostRef:
    return PostRef(next(kind for kind, model in POSTS.items() if isinstance(post, model)), post.id)


def _tell(session: Session, posts: Iterable[Post]) -> None:
    if refs := tuple(_ref(post) for post in posts):
        emit(session, PostsReworded(actor_id=None, posts=refs))


def _reworded(kind: PostKind) -> Callable[[Session, list[int]], None]:
    return lambda session, ids: emit(
        session, PostsReworded(actor_id=None, posts=tuple(PostRef(kind, one) for one in ids))
    )


PART = Part(
    name="threads",
    tables=frozenset({"threads", "answers", "comments", "revisions", "follows", "unhelpful_answers", "search_index"}),
    sections=sections,
    findings=findings,
    steps=(
        forget_quotes,
        forget_revisions,
        *(forgets_posts(model) for model in POSTS.values()),
        *(forget_reasons(model) for model in POSTS.values()),
        forget_follows,
        forgets(Follow, _levels),
        forget_notes,
        scrub_notes,
        scrubs(Revision, "title", "source", "note"),
        scrubs(Comment, "source", "visibility_reason", cooked=True, after=_reworded(PostKind.COMMENT)),
        scrubs(Answer, "source", "visibility_reason", cooked=True, after=_reworded(PostKind.ANSWER)),
        scrubs(
            Thread,
            "title",
            "source",
            "environment",
            "visibility_reason",
            "lock_reason",
            cooked=True,
            after=_reworded(PostKind.THREAD),
        ),
    ),
)
