"""Reading the terms: the version in force and those before it, a draft, and what somebody agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor, Privilege, require
from forum.accounts.consents import Consent, current_version
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.terms.actions import find_draft
from forum.terms.models import TermsText, TermsVersion

MOST = 1000


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in a list; `number` counts them as people do, `consents` is for admins."""

    id: int
    number: int
    note: str
    asks_again: bool
    required_from: date | None
    published_at: datetime
    consents: int = 0


@dataclass(frozen=True, slots=True)
class TermsPage:
    """One version to be read, in the reader's language or else the site's first."""

    version: VersionRow
    html: Markup
    locale: str
    current: bool


@dataclass(frozen=True, slots=True)
class Given:
    version: VersionRow
    consented_at: datetime


def versions(session: Session) -> list[VersionRow]:
    """All that were published, the newest first."""
    columns: tuple[Any, ...] = (
        TermsVersion.id,
        TermsVersion.note,
        TermsVersion.asks_again,
        TermsVersion.required_from,
    )
    query = select(*columns, TermsVersion.published_at).where(TermsVersion.published_at.is_not(None))
    rows = session.execute(query.order_by(TermsVersion.id).limit(MOST)).all()
    found = [
        VersionRow(row.id, number, row.note, row.asks_again, row.required_from, row.published_at)
        for number, row in enumerate(rows, 1)
    ]
    return found[::-1]


def counted_versions(session: Session, actor: Actor) -> list[VersionRow]:
    """The same with how many agreed to each.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    query = select(Consent.version_id, func.count().label("count")).group_by(Consent.version_id)
    counts = {row.version_id: row[1] for row in session.execute(query)}
    return [
        VersionRow(
            one.id,
            one.number,
            one.note,
            one.asks_again,
            one.required_from,
            one.published_at,
            counts.get(one.id, 0),
        )
        for one in versions(session)
    ]


def terms_page(session: Session, version_id: int | None = None) -> TermsPage:
    """A version, by default the one in force.

    Raises:
        NotFound: there is no such version, or it was not published.
    """
    current = current_version(session)
    wanted = version_id if version_id is not None else current
    version = next((one for one in versions(session) if one.id == wanted), None)
    if version is None:
        raise NotFound(_("There is nothing at this address."))
    texts = select(TermsText.locale, TermsText.html).where(TermsText.version_id == version.id)
    found = {row.locale: row.html for row in session.execute(texts)}
    locale = i18n.current_locale() if i18n.current_locale() in found else i18n.SOURCE_LOCALE
    return TermsPage(version, Markup(found[locale]), locale, version.id == current)  # noqa: S704 - cooked


def draft_source(session: Session, actor: Actor, locale: str) -> str:
    """What the draft says in a language; without a draft, what is in force says.

    Raises:
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    draft = find_draft(session)
    version_id = draft.id if draft else current_version(session)
    text = session.get(TermsText, (version_id, locale)) if version_id is not None else None
    return text.source if text else ""


def draft_locales(session: Session) -> list[str]:
    """The languages in which there is a draft."""
    draft = find_draft(session)
    if draft is None:
        return []
    return list(session.scalars(select(TermsText.locale).where(TermsText.version_id == draft.id)))


def consents_of(session: Session, account_id: int) -> list[Given]:
    """To which versions somebody agreed, the latest first."""
    query = select(Consent.version_id, Consent.consented_at).where(Consent.account_id == account_id)
    when = {row.version_id: row.consented_at for row in session.execute(query)}
    return [Given(one, when[one.id]) for one in versions(session) if one.id in when]
