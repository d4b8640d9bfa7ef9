"""Who consented to which version of the terms, and who has to be asked.

The versions themselves are looked after by `forum.terms`; here is what every way to an account, and every act, needs.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.accounts.models import Account
from forum.brand import TERMS
from forum.clock import now
from forum.db import Base
from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.options import option

REQUIRED = "terms.required"


class Demand(TypedDict):
    """The version that people have to have consented to, it or a later one, and the day from which."""

    version: int
    day: str


class Consent(Base):
    """That somebody agreed to a version, and when. `accounts.consented_version` is the latest of these."""

    __tablename__ = "consents"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("terms_versions.id"), primary_key=True, index=True)
    consented_at: Mapped[datetime] = mapped_column(default=now)


def current_version(session: Session) -> int | None:
    """The version that is in force; None where no terms were published."""
    found: int | None = option(session, TERMS, None)
    return found


def missing_from(session: Session, consented_version: int | None) -> date | None:
    """The day from which somebody with this consent needs a later one; None when they need none."""
    demand: Demand | None = option(session, REQUIRED, None)
    if demand is None or (consented_version or 0) >= demand["version"]:
        return None
    return date.fromisoformat(demand["day"])


def must_consent(session: Session, consented_version: int | None) -> bool:
    """Whether somebody may read, and do nothing else before they have consented."""
    day = missing_from(session, consented_version)
    return day is not None and day <= now().date()


def consent_at_sign_up(session: Session, account: Account, version: str | None) -> None:
    """Keep to which version whoever makes an account agreed; every way to an account comes by here.

    Raises:
        Invalid: terms are in force, and they agreed to none or to another version than that of now.
    """
    current = current_version(session)
    if current is None:
        return
    if not version:
        raise Invalid({"consent": _("An account takes your agreement to the terms.")})
    if version != str(current):
        raise Invalid({"consent": _("The terms have changed a moment ago. Please read them again.")})
    keep_consent(session, account, current)


def keep_consent(session: Session, account: Account, version_id: int) -> None:
    """Of a locked account; the first consent to a version is the one that is kept."""
    session.flush()
    if session.get(Consent, (account.id, version_id)) is None:
        session.add(Consent(account_id=account.id, version_id=version_id, consented_at=now()))
    account.consented_version = max(account.consented_version or 0, version_id)
    session.flush()
