"""Who somebody is at a sign-in provider: told in an export, and erased."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.accounts.oidc.models import LinkedIdentity, ProviderArrival, ProviderTrip
from forum.i18n import gettext as _
from forum.personal import Fate, Finding, Part, Section, Subject, count, forgets


def findings(session: Session, subject: Subject) -> Iterator[Finding]:
    yield Finding(
        _("links to sign-ins through other sites"), count(session, LinkedIdentity, _links(subject)), Fate.ERASED
    )


def sections(session: Session, subject: Subject) -> Iterator[Section]:
    words = {
        "issuer": _("Provider"),
        "subject": _("What you are called there"),
        "email": _("E-mail address there"),
        "created_at": _("Linked"),
        "last_used_at": _("Last used"),
    }
    rows = session.scalars(select(LinkedIdentity).where(_links(subject)).order_by(LinkedIdentity.id))
    told = [{name: getattr(row, name) for name in words} for row in rows]
    yield Section("linked-identities", _("Sign-ins through other sites"), words, told)


def _links(subject: Subject) -> ColumnElement[bool]:
    return LinkedIdentity.account_id == subject.account_id


def _trips(subject: Subject) -> ColumnElement[bool]:
    return ProviderTrip.account_id == subject.account_id


def _arrivals(subject: Subject) -> ColumnElement[bool]:
    """Somebody waits under the address that is this person's: nobody else would."""
    return ProviderArrival.email.in_(subject.emails)


PART = Part(
    name="provider",
    tables=frozenset({"linked_identities", "provider_trips", "provider_arrivals"}),
    sections=sections,
    findings=findings,
    steps=(forgets(LinkedIdentity, _links), forgets(ProviderTrip, _trips), forgets(ProviderArrival, _arrivals)),
)
