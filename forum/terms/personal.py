"""To what somebody agreed, in an export and in an erasure of their data."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from forum.accounts.consents import Consent
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, count, forgets
from forum.terms.queries import consents_of


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    yield Finding(_("agreements to terms"), count(session, Consent, _theirs(subject)), Fate.ERASED)


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {"version": _("Version"), "published_at": _("Published"), "consented_at": _("You agreed")}
    rows = [
        {
            "version": given.version.number,
            "published_at": given.version.published_at,
            "consented_at": given.consented_at,
        }
        for given in consents_of(session, subject.account_id)
    ]
    yield Section("terms", _("Terms that you agreed to"), words, rows)


def _theirs(subject: Subject) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Consent.account_id == subject.account_id
    return found


PART = Part(
    name="terms",
    tables=frozenset({"consents"}),
    sections=sections,
    findings=findings,
    steps=(forgets(Consent, _theirs),),
)
