"""The words of the interface: gettext in whatever language the request asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations

from babel import Locale
from babel.support import Translations
from markupsafe import escape

from forum.resources import folder

SOURCE_LOCALE = "en"
_current: ContextVar[str] = ContextVar("locale", default=SOURCE_LOCALE)


@cache
def translations(locale: str) -> NullTranslations:
    """The compiled catalogue of a locale; the source language needs none."""
    if locale == SOURCE_LOCALE:
        return NullTranslations()
    return Translations.load(str(folder("locale")), [locale], domain="porchlight")


@cache
def locales() -> tuple[str, ...]:
    """The locales that have a compiled catalogue, the source language first."""
    found = sorted(file.parent.parent.name for file in folder("locale").glob("*/LC_MESSAGES/porchlight.mo"))
    return (SOURCE_LOCALE, *found)


@cache
def language(locale: str) -> str:
    """What a language calls itself, at the beginning of a line."""
    name = Locale.parse(locale).get_display_name(locale) or locale
    return name[:1].upper() + name[1:]


@cache
def direction(locale: str) -> str:
    """Which way a language is written, as HTML names it."""
    return Locale.parse(locale).text_direction


def current_locale() -> str:
    return _current.get()


@contextmanager
def use_locale(locale: str | None) -> Iterator[None]:
    token = _current.set(locale if locale in locales() else SOURCE_LOCALE)
    try:
        yield
    finally:
        _current.reset(token)


def gettext(message: str) -> str:
    return translations(_current.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    return translations(_current.get()).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    return translations(_current.get()).pgettext(context, message)


def plurals(words: Callable[[int], str]) -> dict[str, str]:
    """All the forms that a count takes in the current language, by CLDR's names, for a script to choose from.

    `words` gives them for a number with `{count}` left in, as `ngettext` does.
    """
    return {form: words(count) for form, count in _counted(_current.get())}


@cache
def _counted(locale: str) -> tuple[tuple[str, int], ...]:
    """The plural forms of a locale, each with a number that takes it."""
    rule = Locale.parse(locale).plural_form
    found: dict[str, int] = {}
    for count in (1, *range(2, 112), 0, 10**6):
        found.setdefault(rule(count), count)
    return tuple(({"other": 2} | found).items())


class _Lazy(str):
    """A text that translates itself when it is shown, as a label made before there was a request does."""

    __slots__ = ()

    def __str__(self) -> str:
        return gettext(str.__str__(self))

    def __html__(self) -> str:
        return str(escape(str(self)))


def lazy(message: str) -> str:
    """Mark a text for extraction where no request is at hand; it is translated where it is shown."""
    return _Lazy(message)


_ = gettext
