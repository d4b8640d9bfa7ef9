"""Words of the site that its owner may say differently, in each language, and what they are otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum import i18n
from forum.errors import NotFound
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.options import option


@dataclass(frozen=True, slots=True)
class Text:
    """One text: where it stands, what it says by default ("" for nothing), how long it may be, and a page with it."""

    place: str
    default: str
    longest: int
    page: str


TEXTS: dict[str, Text] = {
    "home.question": Text(lazy("The front page, above the search box"), lazy("What can we help with?"), 80, "/"),
    "home.search": Text(lazy("The front page, in the empty search box"), lazy("Describe it in a few words"), 60, "/"),
    "home.description": Text(
        lazy("What search engines say of the front page"),
        lazy("Ask the community or staff, and find what others have solved."),
        160,
        "/",
    ),
    "ask.hint": Text(
        lazy("Asking the community, above the text"),
        lazy("What did you do, what happened, and what did you expect? Paste error messages as text."),
        300,
        "/ask",
    ),
    "staff.hint": Text(
        lazy("Asking staff privately, under the title"),
        lazy(
            "If it could help others too, ask the community instead: "
            "more people can answer there, and staff read along."
        ),
        300,
        "/tickets/new",
    ),
    "staff.thread_hint": Text(
        lazy("Asking staff about a thread, above the text"),
        lazy(
            "Staff see the question, its answers and what did not help. "
            "Say what is missing, or too private for the thread."
        ),
        300,
        "",
    ),
    "register.hint": Text(lazy("Making an account, above the form"), "", 300, "/register"),
    "footer.line": Text(lazy("The foot of every page"), "", 200, "/"),
}


def word(session: Session | None, name: str) -> str:
    """A text in the language of the request: the owner's, or the default one where there is none or no session."""
    own = {} if session is None else _own(session, i18n.current_locale())
    return own.get(name) or str(TEXTS[name].default)


def own_words(session: Session, locale: str) -> dict[str, str]:
    """The texts that the owner changed in a language.

    Raises:
        NotFound: the site does not speak it.
    """
    if locale not in i18n.locales():
        raise NotFound(_("This site does not speak that language."))
    return _own(session, locale)


def _own(session: Session, locale: str) -> dict[str, str]:
    return option(session, f"words.{locale}", default={})
