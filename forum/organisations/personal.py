"""Membership and invitations, in an export and in an erasure of one person's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from forum.accounts.models import Account, AccountToken, Organisation, TokenPurpose
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, blanks, count, forgets, in_batches


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    member = (Account.id == subject.account_id, Account.organisation_id.is_not(None))
    yield Finding(_("membership of an organisation"), count(session, Account, *member), Fate.ERASED)
    yield Finding(_("invitations to their address"), count(session, AccountToken, _to_them(subject)), Fate.ERASED)
    why = _("Whoever was invited can still come; that they sent it is forgotten.")
    yield Finding(_("invitations they sent"), count(session, AccountToken, _by_them(subject)), Fate.NAMELESS, why)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {"name": _("Name"), "domain": _("Member by the domain"), "manager": _("Manages it")}
    columns = (Organisation.name, Account.organisation_domain, Account.organisation_manager)
    query = select(*columns).join(Account, Account.organisation_id == Organisation.id)
    rows = session.execute(query.where(Account.id == subject.account_id)).all()
    yield Section("organisation", _("Organisation"), words, [dict(zip(words, row, strict=True)) for row in rows])
    words = {
        "organisation": _("Organisation"),
        "which": _("Which"),
        "created_at": _("Sent"),
        "used_at": _("Used or ended"),
        "expires_at": _("Ends"),
    }
    yield Section("invitations", _("Invitations to organisations"), words, _invitations(session, subject))


def _invitations(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    token = AccountToken
    columns = (token.id, Organisation.name, token.sent_by_id, token.created_at)
    query = select(*columns, token.used_at, token.expires_at).join(
        Organisation, Organisation.id == token.organisation_id
    )
    for row in in_batches(session, query.where(or_(_to_them(subject), _by_them(subject))), token.id):
        told = {name: getattr(row, name) for name in ("email", "created_at", "used_at", "expires_at")}
        which = _("You sent it") if row.sent_by_id == subject.account_id else _("Sent to you")
        yield {"organisation": row.name, "which": which} | told


def _to_them(subject: Subject) -> ColumnElement[bool]:
    """Those that they accepted, and those to the address that is proven theirs: any other may be somebody else's."""
    address = select(Account.email).where(Account.id == subject.account_id).scalar_subquery()
    theirs = or_(AccountToken.email == address, AccountToken.account_id == subject.account_id)
    return and_(AccountToken.purpose == TokenPurpose.JOIN_ORGANISATION, theirs)


def _by_them(subject: Subject) -> ColumnElement[bool]:
    return and_(AccountToken.purpose == TokenPurpose.JOIN_ORGANISATION, AccountToken.sent_by_id == subject.account_id)


PART = Part(
    name="organisations",
    tables=frozenset({"account_tokens"}),
    sections=sections,
    findings=findings,
    steps=(forgets(AccountToken, _to_them), blanks(AccountToken, _by_them, sent_by_id=None)),
)
