"""What the words of the site add to the overview of settings: a row for each language."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, listed, lists
from forum.i18n import gettext as _
from forum.slots import Slots
from forum.words.texts import TEXTS, own_words
from forum.words.views import languages


def register(slots: Slots) -> None:
    lists(slots, settings, order=30)


def settings(session: Session) -> Iterator[Setting]:
    usual = _("as the program has them")
    for locale, language in languages().items():
        own = own_words(session, locale)
        yield Setting(
            _("Words of the site: {language}").format(language=language),
            _("Texts of the front page, of forms and of the foot of every page."),
            usual,
            listed((str(text.place) for name, text in TEXTS.items() if own.get(name)), usual),
            f"/admin/words?language={locale}",
            Area.SITE,
            (f"words.{locale}",),
        )
