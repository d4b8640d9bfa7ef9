"""Writing and publishing terms, and agreeing to them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import i18n
from forum.access import Actor, Privilege, require
from forum.accounts.consents import REQUIRED, Demand, current_version, keep_consent
from forum.accounts.models import Account
from forum.brand import TERMS
from forum.clock import now
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.site import TermsPublished
from forum.i18n import gettext as _
from forum.markup import COOKER_VERSION, Cooked, Uncookable, cook
from forum.options import hold_options, set_option
from forum.terms.models import TermsText, TermsVersion

LONGEST_NOTE = 500
LATEST_DAY = timedelta(days=365)


def write_draft(session: Session, actor: Actor, locale: str, cooked: Cooked) -> None:
    """Keep what the next version says in one language; nothing but white space takes that language out.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: the site does not speak this language.
    """
    require(actor, Privilege.ADMINISTER)
    if locale not in i18n.locales():
        raise NotFound(_("There is no such language here."))
    hold_options(session)
    draft = find_draft(session)
    if draft is None:
        draft = TermsVersion()
        session.add(draft)
        session.flush()
    text = session.get(TermsText, (draft.id, locale))
    if not cooked.source.strip():
        if text is not None:
            session.delete(text)
    elif text is None:
        same = {"source": cooked.source, "html": cooked.html, "cooker_version": COOKER_VERSION}
        session.add(TermsText(version_id=draft.id, locale=locale, **same))
    else:
        text.source, text.html, text.cooker_version = cooked.source, cooked.html, COOKER_VERSION
    session.flush()


def publish(session: Session, actor: Actor, *, note: str, asks_again: bool, required_from: date | None) -> TermsVersion:
    """Put the draft in force from now on, for good.

    Who agreed to an earlier version is asked again where `asks_again`, and reads but does nothing else from
    `required_from` on (today without one) before they have agreed.

    Raises:
        Forbidden: the actor is no admin.
        Conflict: there is no draft: somebody else has published it.
        Invalid: it says nothing in the site's first language, or the day is past or too far ahead.
    """
    require(actor, Privilege.ADMINISTER)
    hold_options(session)
    draft = find_draft(session)
    if draft is None:
        raise Conflict(_("There is no draft to publish. Somebody may have published it a moment ago."))
    if session.get(TermsText, (draft.id, i18n.SOURCE_LOCALE)) is None:
        raise Invalid({"": _("Write them in the first language of the site before you publish.")})
    today = now().date()
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": _("Use at most {most} characters.").format(most=LONGEST_NOTE)})
    if asks_again and required_from is not None and not today <= required_from <= today + LATEST_DAY:
        raise Invalid({"required_from": _("Choose a day from today on, within a year.")})
    draft.note, draft.asks_again, draft.published_at = note.strip(), asks_again, now()
    draft.required_from = (required_from or today) if asks_again else None
    session.flush()
    set_option(session, TERMS, draft.id)
    if draft.required_from is not None:
        set_option(session, REQUIRED, Demand(version=draft.id, day=draft.required_from.isoformat()))
    day = int(draft.required_from.strftime("%Y%m%d")) if draft.required_from else 0
    event = TermsPublished(actor_id=actor.id, version_id=draft.id, asks_again=asks_again, required_from=day)
    emit(session, event)
    return draft


def consent(session: Session, actor: Actor, version: str) -> None:
    """Agree to the version in force. Pressed twice, it is one consent.

    Raises:
        NotFound: no terms were published.
        Conflict: there is a newer version than the one that was agreed to.
    """
    current = current_version(session)
    if current is None:
        raise NotFound(_("There is nothing at this address."))
    if version != str(current):
        raise Conflict(_("The terms have changed a moment ago. Please read them again."))
    account = session.get_one(Account, actor.id, with_for_update=True, populate_existing=True)
    keep_consent(session, account, current)


def recook(session: Session) -> bool:
    """Lay out again what an older cooker did; what they say is the same. Whether there was any."""
    old = session.scalars(select(TermsText).where(TermsText.cooker_version < COOKER_VERSION).with_for_update()).all()
    for text in old:
        with suppress(Uncookable):
            text.html, text.cooker_version = cook(text.source).html, COOKER_VERSION
    return bool(old)


def find_draft(session: Session) -> TermsVersion | None:
    query = select(TermsVersion).where(TermsVersion.published_at.is_(None)).order_by(TermsVersion.id.desc())
    return session.scalars(query.limit(1)).first()
