"""What stands on the page of a thread, made from rows for one reader.

Whoever reads the same rows with the same rights is shown the same, so it is made once and
kept by these values, whoever the reader is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import Row

from forum import i18n
from forum.access import Actor, Privilege
from forum.bounded import Bounded
from forum.i18n import gettext as _
from forum.posts import SHOWN, PostKind, PostRef, Visibility
from forum.threads.models import StaffState, ThreadKind
from forum.threads.queries.facts import facts
from forum.threads.queries.people import person_of
from forum.threads.queries.rows import Article, Invitation, Offers, Remark, is_locked
from forum.threads.rules import abilities

ROOM = 4 * 1024 * 1024
OVERHEAD = 3000
NOBODY = 0
Comments = Sequence[Row[Any]]


class Around(NamedTuple):
    """What of a thread and its reader decides how one of its posts is shown; `rights` is None for a visitor."""

    asker_id: int
    accepted_answer_id: int | None
    answered: bool
    locked: bool
    visibility: Visibility
    reopens: bool
    offers: Offers
    rights: frozenset[Privilege] | None
    language: str


def around(actor: Actor | None, thread: Row[Any], offers: Offers) -> Around:
    return Around(
        asker_id=thread.author_id,
        accepted_answer_id=thread.accepted_answer_id,
        answered=thread.answer_count > 0,
        locked=is_locked(thread),
        visibility=thread.visibility,
        reopens=thread.staff_state is StaffState.SOLVED,
        offers=offers,
        rights=actor.privileges if actor else None,
        language=i18n.current_locale(),
    )


def article(actor: Actor | None, kind: PostKind, row: Row[Any], comments: Comments, around: Around) -> Article:
    me = actor.id if actor else NOBODY
    mine = tuple([post.author_id == me for post in (row, *comments)])
    folded = _folded(actor, kind, row, comments) if actor is not None and actor.ignored else frozenset()
    values = (kind, tuple(row), tuple([tuple(comment) for comment in comments]), mine, folded, around)
    return _articles.get(values, lambda: _article(kind, row, comments, mine, folded, around))


def _folded(actor: Actor, kind: PostKind, row: Row[Any], comments: Comments) -> frozenset[int]:
    """The authors among those whom the reader ignores; what was said for the company stays in sight."""
    official = kind is PostKind.ANSWER and row.from_staff
    authors = {comment.author_id for comment in comments} | (set() if official else {row.author_id})
    return actor.ignored & authors


def _weigh(article: Article) -> int:
    # The text is in the row and in what is made of it.
    texts = (article.body_html, *(remark.body_html for remark in article.comments))
    return sum(2 * sys.getsizeof(text) + OVERHEAD for text in texts)


_articles: Bounded[Article] = Bounded(ROOM, _weigh)


def _article(
    kind: PostKind,
    row: Row[Any],
    comments: Comments,
    mine: tuple[bool, ...],
    folded: frozenset[int],
    around: Around,
) -> Article:
    asked, reader = kind is PostKind.THREAD, _reader(row, around, mine=mine[0])
    accepted = not asked and row.id == around.accepted_answer_id
    return Article(
        ref=PostRef(kind, row.id),
        key=f"{'question' if asked else 'answer'}-{row.id}",
        author=person_of(row),
        author_id=row.author_id,
        created_at=row.created_at,
        edited_at=row.edited_at,
        revision=row.revision,
        body_html=_body(row),
        score=row.score,
        visibility=row.visibility,
        reason=row.visibility_reason,
        gone=row.withheld,
        accepted=accepted,
        from_staff=not asked and row.from_staff,
        helped=asked or not row.unhelpful,
        by_asker=row.author_id == around.asker_id,
        comments=tuple(_remark(one, around, folded, mine=own) for one, own in zip(comments, mine[1:], strict=True)),
        may=abilities(reader, row, locked=around.locked, kept=(asked and around.answered) or accepted),
        invited=_invited(row, around, mine=mine[0], asked=asked, accepted=accepted),
        facts=facts(kind, row, around.visibility, locked=around.locked),
        ignored=row.author_id in folded and not (not asked and row.from_staff),
        ignorable=_ignorable(row, around, mine=mine[0]),
    )


def _remark(row: Row[Any], around: Around, folded: frozenset[int], *, mine: bool) -> Remark:
    return Remark(
        ref=PostRef(PostKind.COMMENT, row.id),
        key=f"comment-{row.id}",
        author=person_of(row),
        author_id=row.author_id,
        created_at=row.created_at,
        edited_at=row.edited_at,
        body_html=_body(row),
        visibility=row.visibility,
        by_asker=row.author_id == around.asker_id,
        may=abilities(_reader(row, around, mine=mine), row, locked=around.locked),
        facts=facts(PostKind.COMMENT, row, around.visibility, locked=around.locked),
        ignored=row.author_id in folded,
        ignorable=_ignorable(row, around, mine=mine),
    )


def _ignorable(row: Row[Any], around: Around, *, mine: bool) -> bool:
    """Whether the reader may ignore who wrote it: somebody else who is there and holds no role."""
    return around.rights is not None and not mine and row.anonymised_at is None and not (row.staff or row.moderator)


def _reader(row: Row[Any], around: Around, *, mine: bool) -> Actor | None:
    """Anybody with these rights: the author of the post, or somebody else."""
    if around.rights is None:
        return None
    return Actor(id=row.author_id if mine else NOBODY, privileges=around.rights)


def _invited(row: Row[Any], around: Around, *, mine: bool, asked: bool, accepted: bool) -> Invitation:
    if around.rights is None or row.visibility not in SHOWN:
        return Invitation()
    may = around.offers
    accept = may.accept and not asked
    unhelpful = accept and may.own and not mine and not accepted and not row.unhelpful
    return Invitation(
        accept=accept,
        unhelpful=unhelpful,
        reopens=unhelpful and row.from_staff and around.reopens,
        comment=may.comment or (mine and may.comment_own),
    )


def _body(row: Row[Any]) -> Markup:
    if row.withheld:
        return Markup("<p>{}</p>").format(_("This text was removed."))
    return Markup(row.html)  # noqa: S704 - cooked, and so sanitised


def offers(actor: Actor | None, row: Row[Any]) -> Offers:
    why_not = _why_not(row)
    own = actor is not None and actor.id == row.author_id

    def can(privilege: Privilege) -> bool:
        return actor is not None and actor.can(privilege)

    return Offers(
        answer=not why_not and row.duplicate_of_id is None and can(Privilege.ANSWER),
        answer_as_staff=can(Privilege.ANSWER_AS_STAFF),
        comment_own=not why_not and can(Privilege.COMMENT_OWN),
        comment=not why_not and (can(Privilege.COMMENT) or (own and can(Privilege.COMMENT_OWN))),
        accept=(own or can(Privilege.ACCEPT_ANY_ANSWER)) and row.kind is ThreadKind.QUESTION and not is_locked(row),
        close=can(Privilege.CLOSE),
        unlist=can(Privilege.CLOSE) and row.visibility in SHOWN,
        own=own,
        why_not=why_not,
    )


def _why_not(row: Row[Any]) -> str:
    if is_locked(row):
        return _("This thread is locked.") + (f" {row.lock_reason}" if row.lock_reason else "")
    if row.visibility is Visibility.PENDING:
        return _("Replies are possible once this is published.")
    if row.visibility not in SHOWN:
        return _("This thread is not there for everybody, so nobody would read a reply.")
    return ""
