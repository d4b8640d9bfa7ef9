"""Flags, reviews, sanctions and the log, in an export and in an erasure of one person's data.

What somebody was told of theirs they are told again; who flagged them, and who decided, nobody tells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.personal import AT_ONCE, Fate, Finding, Part, Section, Subject, blanks, count, in_batches, scrubs
from forum.posts import PostRef
from forum.threads.models import POSTS
from moderation.audit.actions import erase_texts
from moderation.audit.models import AuditEntry, AuditText
from moderation.flags.models import Flag
from moderation.reviews.models import Appeal, Review, ReviewDecision
from moderation.sanctions.models import Sanction

ACCOUNTS = ("account_id", "author_id", "requester_id", "assignee_id", "owner_id", "from_id", "to_id")
"""How facts in the log call the people that an entry is about."""


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    mine = subject.account_id
    record = _("How often somebody was right weighs the flags of others; the notes go.")
    yield Finding(_("flags raised"), count(session, Flag, Flag.account_id == mine), Fate.NAMELESS, record)
    decided = _("What was decided about posts stays; the words that were written about it go.")
    yield Finding(_("reviews of their posts"), count(session, Review, Review.author_id == mine), Fate.NAMELESS, decided)
    yield Finding(_("sanctions"), count(session, Sanction, Sanction.account_id == mine), Fate.NAMELESS, decided)
    yield Finding(_("appeals"), count(session, Appeal, Appeal.account_id == mine), Fate.ERASED)
    logged = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.actor_id == mine)) or 0
    proof = _("The log proves that nobody rewrote it, and holds numbers only; the words beside it go.")
    yield Finding(_("entries in the log of what staff did"), logged, Fate.NAMELESS, proof)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    mine = subject.account_id
    words = {
        "post_kind": _("Kind of post"),
        "post_id": _("Number"),
        "reason": _("Reason"),
        "note": _("Note"),
        "state": _("What became of it"),
        "created_at": _("When"),
    }
    yield _rows(session, Flag, Flag.account_id == mine, "flags", _("Flags you raised"), words)
    words = {
        "kind": _("Kind"),
        "message": _("What you were told"),
        "until": _("Until"),
        "created_at": _("When"),
        "lifted_at": _("Lifted"),
    }
    yield _rows(session, Sanction, Sanction.account_id == mine, "sanctions", _("Sanctions"), words)
    words = {"decision": _("Decision"), "message": _("What you were told"), "created_at": _("When")}
    of_theirs = and_(
        ReviewDecision.review_id.in_(select(Review.id).where(Review.author_id == mine)),
        ReviewDecision.undone_at.is_(None),
    )
    yield _rows(session, ReviewDecision, of_theirs, "decisions", _("Decisions about your posts"), words)
    words = {
        "reason": _("Reason"),
        "created_at": _("When"),
        "upheld": _("Decision upheld"),
        "decided_at": _("Decided"),
        "message": _("What you were told"),
    }
    yield _rows(session, Appeal, Appeal.account_id == mine, "appeals", _("Appeals"), words)


def _rows(
    session: Session, model: Any, whose: ColumnElement[bool], name: str, title: str, words: dict[str, str]
) -> Section:
    columns = [model.id, *(getattr(model, field) for field in words)]
    found = in_batches(session, select(*columns).where(whose), model.id)
    return Section(name, title, words, ({field: getattr(row, field) for field in words} for row in found))


def _of_review(model: Any) -> Any:
    def whose(subject: Subject) -> ColumnElement[bool]:
        theirs = select(Review.id).where(Review.author_id == subject.account_id)
        found: ColumnElement[bool] = model.review_id.in_(theirs)
        return found

    return whose


def forget_effects(session: Session, subject: Subject, cursor: int) -> int | None:
    """What decisions changed is kept so that they can be taken back; the reason told to the author goes out of it."""
    query = select(ReviewDecision).where(_of_review(ReviewDecision)(subject), ReviewDecision.id > cursor)
    found = session.scalars(query.order_by(ReviewDecision.id).limit(AT_ONCE)).all()
    for decision in found:
        decision.effects = _without_reasons(decision.effects)
    return found[-1].id if len(found) == AT_ONCE else None


def _without_reasons(said: Any) -> Any:
    if isinstance(said, dict):
        blank = {"reason", "message", "note", "lock_reason", "title", "source"}
        return {
            key: None if key in blank and isinstance(one, str) else _without_reasons(one) for key, one in said.items()
        }
    return [_without_reasons(one) for one in said] if isinstance(said, list) else said


def forget_texts(session: Session, subject: Subject, cursor: int) -> int | None:
    """The words beside the log's entries that they wrote, that are about them or their posts, or that name them."""
    query = select(AuditText, AuditEntry).join(AuditEntry, AuditEntry.id == AuditText.entry_id)
    rows = session.execute(query.where(AuditText.entry_id > cursor).order_by(AuditText.entry_id).limit(AT_ONCE)).all()
    posts = _own_among(session, subject, [entry.facts.get("post") for _text, entry in rows])
    gone = [
        entry.id
        for text, entry in rows
        if entry.actor_id == subject.account_id
        or any(entry.facts.get(name) == subject.account_id for name in ACCOUNTS)
        or _post_of(entry.facts.get("post")) in posts
        or any(subject.speaks_of(str(said)) or str(said).lower() == subject.handle for said in text.texts.values())
    ]
    erase_texts(session, gone)
    return rows[-1][1].id if len(rows) == AT_ONCE else None


def _own_among(session: Session, subject: Subject, facts: list[Any]) -> set[PostRef]:
    refs = {ref for fact in facts if (ref := _post_of(fact)) is not None}
    return {
        PostRef(kind, one)
        for kind, model in POSTS.items()
        for one in session.scalars(
            select(model.id).where(
                model.author_id == subject.account_id, model.id.in_([ref.id for ref in refs if ref.kind == kind])
            )
        )
    }


def _post_of(fact: Any) -> PostRef | None:
    """A post as the log's facts name it: its kind and its number."""
    if not (isinstance(fact, list) and len(fact) == 2 and fact[0] in list(POSTS)):
        return None
    return PostRef(next(kind for kind in POSTS if kind == fact[0]), int(fact[1]))


PART = Part(
    name="moderation",
    tables=frozenset({"flags", "review_decisions", "reviews", "appeals", "sanctions", "audit_texts", "audit_entries"}),
    sections=sections,
    findings=findings,
    steps=(
        blanks(Flag, lambda subject: Flag.account_id == subject.account_id, note=""),
        blanks(Flag, _of_review(Flag), note=""),
        forget_effects,
        blanks(ReviewDecision, _of_review(ReviewDecision), message="", note=""),
        blanks(Appeal, _of_review(Appeal), reason="", message=""),
        blanks(Sanction, lambda subject: Sanction.account_id == subject.account_id, message="", lift_note=""),
        forget_texts,
        scrubs(Flag, "note"),
        scrubs(ReviewDecision, "message", "note"),
        scrubs(Appeal, "reason", "message"),
        scrubs(Sanction, "message", "lift_note"),
    ),
)
