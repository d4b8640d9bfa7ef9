"""The words of letters that an admin may change: subject, opening and closing, with named placeholders and no code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.db import Base
from forum.errors import Invalid, NotFound
from forum.events import emit
from forum.events.letters import LetterReset, LetterWorded
from forum.i18n import gettext as _
from forum.letters.catalogue import LETTERS, Letter
from forum.markup import one_line

LONGEST_SUBJECT = 150
LONGEST_LINES = 1000
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class LetterWording(Base):
    """What an admin made of a letter's words; an empty text stands for the program's own."""

    __tablename__ = "letter_wordings"
    letter: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT), default="")
    opening: Mapped[str] = mapped_column(String(LONGEST_LINES), default="")
    closing: Mapped[str] = mapped_column(String(LONGEST_LINES), default="")
    changed_at: Mapped[datetime] = mapped_column(default=now)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts in which `{name}` stands for a value; "" for those that are as the program has them."""

    subject: str = ""
    opening: str = ""
    closing: str = ""


def find_letter(name: str) -> Letter:
    """
    Raises:
        NotFound: there is no such letter.
    """
    if name not in LETTERS:
        raise NotFound(_("There is no such letter."))
    return LETTERS[name]


def wording_of(session: Session, name: str) -> Wording:
    row = session.get(LetterWording, name)
    return Wording(row.subject, row.opening, row.closing) if row is not None else Wording()


def reword(session: Session, actor: Actor, name: str, given: Wording) -> None:
    """Let a letter say something else from now on.

    Raises:
        NotFound: there is no such letter.
        Forbidden: the actor is no admin.
        Invalid: a text is too long or names what the letter does not know.
    """
    require(actor, Privilege.ADMINISTER)
    clean = check_wording(find_letter(name), given)
    session.merge(LetterWording(letter=name, **asdict(clean), changed_at=now(), changed_by_id=actor.id))
    session.flush()
    emit(session, LetterWorded(actor_id=actor.id, letter=name))


def reset_wording(session: Session, actor: Actor, name: str) -> None:
    """Let a letter say what the program says.

    Raises:
        NotFound: there is no such letter.
        Forbidden: the actor is no admin.
    """
    require(actor, Privilege.ADMINISTER)
    row = session.get(LetterWording, find_letter(name).name)
    if row is not None:
        session.delete(row)
        session.flush()
        emit(session, LetterReset(actor_id=actor.id, letter=name))


def check_wording(letter: Letter, given: Wording) -> Wording:
    """The texts in their clean form.

    Raises:
        Invalid: one is too long or names what the letter does not know.
    """
    clean = Wording(one_line(given.subject), _lines(given.opening), _lines(given.closing))
    wrong: dict[str, str] = {}
    for field, text in asdict(clean).items():
        most = LONGEST_SUBJECT if field == "subject" else LONGEST_LINES
        if len(text) > most:
            wrong[field] = _("Use at most {most} characters.").format(most=most)
        elif (problem := _problem(letter, text)) is not None:
            wrong[field] = problem
    if wrong:
        raise Invalid(wrong)
    return clean


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with its placeholders replaced; one that has no value stays as it is."""
    return PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def _problem(letter: Letter, text: str) -> str | None:
    unknown = [name for name in PLACEHOLDER.findall(text) if name not in letter.placeholders]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in letter.placeholders)
        return _("This letter knows no {unknown}. It knows {known}.").format(unknown=f"{{{unknown[0]}}}", known=known)
    if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
        return _("A brace stands alone. Write a placeholder as {example}.").format(example="{name}")
    return None


def _lines(text: str) -> str:
    """Paragraphs as they were typed, less spaces at their ends."""
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
