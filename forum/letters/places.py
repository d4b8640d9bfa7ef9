"""What the wording of letters adds to the overview of settings."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.admin.catalogue import Area, Setting, listed, lists
from forum.i18n import gettext as _
from forum.letters.catalogue import LETTERS
from forum.letters.wording import LetterWording
from forum.slots import Slots


def register(slots: Slots) -> None:
    lists(slots, settings)


def settings(session: Session) -> Iterator[Setting]:
    usual = _("as the program has them")
    worded = {row.letter for row in session.scalars(select(LetterWording)) if row.subject or row.opening or row.closing}
    yield Setting(
        _("Words of letters"),
        _("Subject, opening and closing of what goes out by mail."),
        usual,
        listed((str(letter.title) for name, letter in LETTERS.items() if name in worded), usual),
        "/admin/letters",
        Area.MAIL,
    )
