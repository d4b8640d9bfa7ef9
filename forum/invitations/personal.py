"""Invitations to the site, in an export and in an erasure of one person's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from forum.accounts.admission import SITE
from forum.accounts.models import Account, AccountToken
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, blanks, count, forgets, in_batches


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    yield Finding(_("invitations to the site, to them"), count(session, AccountToken, _to_them(subject)), Fate.ERASED)
    why = _("Whoever was invited can still come; that they sent it is forgotten.")
    yield Finding(
        _("invitations to the site that they sent"),
        count(session, AccountToken, _by_them(subject)),
        Fate.NAMELESS,
        why,
    )


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "which": _("Which"),
        "created_at": _("Sent"),
        "used_at": _("Used or ended"),
        "expires_at": _("Ends"),
    }
    yield Section("site-invitations", _("Invitations to the site"), words, _invitations(session, subject))


def _invitations(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    token = AccountToken
    query = select(token.id, token.sent_by_id, token.created_at, token.used_at, token.expires_at)
    for row in in_batches(session, query.where(or_(_to_them(subject), _by_them(subject))), token.id):
        which = _("You sent it") if row.sent_by_id == subject.account_id else _("Sent to you")
        yield {"which": which, "created_at": row.created_at, "used_at": row.used_at, "expires_at": row.expires_at}


def _to_them(subject: Subject) -> ColumnElement[bool]:
    """Those that they accepted, and those to the address that is proven theirs: any other may be somebody else's."""
    address = select(Account.email).where(Account.id == subject.account_id).scalar_subquery()
    theirs = or_(AccountToken.email == address, AccountToken.account_id == subject.account_id)
    return and_(AccountToken.purpose.in_(SITE), theirs)


def _by_them(subject: Subject) -> ColumnElement[bool]:
    return and_(AccountToken.purpose.in_(SITE), AccountToken.sent_by_id == subject.account_id)


PART = Part(
    name="invitations",
    tables=frozenset({"account_tokens"}),
    sections=sections,
    findings=findings,
    steps=(forgets(AccountToken, _to_them), blanks(AccountToken, _by_them, sent_by_id=None)),
)
