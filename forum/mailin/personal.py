"""What came by mail, in an export and in an erasure."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from forum.i18n import gettext as _
from forum.mailin.models import InboundMail, MailedReply, MailState
from forum.personal import AT_ONCE, Fate, Finding, Part, Section, Subject, count, forgets, in_batches, scrubs


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    yield Finding(_("mails that came in"), count(session, InboundMail, _theirs(subject)), Fate.ERASED)
    mine = count(session, MailedReply, MailedReply.account_id == subject.account_id)
    yield Finding(_("replies by mail that waited for them"), mine, Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "received_at": _("When"),
        "written_from": _("From"),
        "size": _("Bytes"),
        "state": _("What became of it"),
        "why": _("Why"),
    }
    columns = [getattr(InboundMail, name) for name in words]
    query = select(InboundMail.id, *columns).where(_theirs(subject))
    rows = in_batches(session, query, InboundMail.id)
    yield Section("mails", _("Mails that came in"), words, ({n: getattr(row, n) for n in words} for row in rows))
    words = {
        "created_at": _("When"),
        "source": _("Text"),
        "left_out": _("Files left out"),
        "state": _("What became of it"),
        "said": _("Why"),
    }
    columns = [getattr(MailedReply, name) for name in words]
    query = select(MailedReply.id, *columns).where(MailedReply.account_id == subject.account_id)
    rows = in_batches(session, query, MailedReply.id)
    title = _("Replies by mail that waited for you")
    yield Section("mailed-replies", title, words, ({n: getattr(row, n) for n in words} for row in rows))


def _theirs(subject: Subject) -> ColumnElement[bool]:
    addresses = [address.lower() for address in subject.emails]
    return or_(InboundMail.account_id == subject.account_id, InboundMail.written_from.in_(addresses))


def forget_raw(session: Session, _subject: Subject, cursor: int) -> int | None:
    """What was worked off serves nothing any more, and anybody's mail may quote them: the words of all of it go."""
    waits = (MailState.WAITING, MailState.HELD)
    query = select(InboundMail.id).where(
        InboundMail.id > cursor, InboundMail.state.not_in(waits), InboundMail.raw.is_not(None)
    )
    found = session.scalars(query.order_by(InboundMail.id).limit(AT_ONCE)).all()
    session.execute(update(InboundMail).where(InboundMail.id.in_(found)).values(raw=None))
    return found[-1] if len(found) == AT_ONCE else None


PART = Part(
    name="mailin",
    tables=frozenset({"inbound_mails", "mailed_replies"}),
    sections=sections,
    findings=findings,
    steps=(
        forgets(InboundMail, _theirs),
        forgets(MailedReply, lambda subject: MailedReply.account_id == subject.account_id),
        forget_raw,
        scrubs(MailedReply, "source", "said"),
    ),
)
