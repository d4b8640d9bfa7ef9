"""Changing the words of the site."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.errors import Invalid, NotFound
from forum.events import emit
from forum.events.words import WordsChanged
from forum.i18n import gettext as _
from forum.markup import one_line
from forum.options import hold_options, set_option
from forum.words.texts import TEXTS, own_words


def set_word(session: Session, actor: Actor, locale: str, name: str, text: str) -> bool:
    """Let a text say this from now on, or what it says by default where this is empty; whether that is a change.

    Raises:
        NotFound: there is no such text, or no such language here.
        Forbidden: the actor is no admin.
        Invalid: it is too long.
    """
    require(actor, Privilege.ADMINISTER)
    if name not in TEXTS:
        raise NotFound(_("There is no such text."))
    text, most = one_line(text), TEXTS[name].longest
    if len(text) > most:
        raise Invalid({"text": _("Use at most {most} characters.").format(most=most)})
    hold_options(session)
    own = own_words(session, locale)
    if own.get(name, "") == text:
        return False
    set_option(session, f"words.{locale}", {key: kept for key, kept in own.items() if key != name} | _said(name, text))
    emit(session, WordsChanged(actor_id=actor.id, name=name, locale=locale, text=text, previous=own.get(name, "")))
    return True


def _said(name: str, text: str) -> dict[str, str]:
    return {name: text} if text else {}
