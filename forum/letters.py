"""Letters: mail written from a template, in the language of whoever reads it.

A letter is queued as what it says and to whom; the worker makes it out, so that no act holds
its locks meanwhile. A template under templates/mail holds the blocks `subject`, `text` and, for a letter with
a link, `action`; the frames `letter.txt` and `letter.html` put the same words into both
parts. Links come from `BASE_URL`, never from a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from sqlalchemy.orm import Session

from forum import i18n
from forum.jobs import enqueue
from forum.resources import folder
from forum.settings import Settings

KIND = "mail"


class Reader(Protocol):
    """Whom a letter is written to."""

    @property
    def handle(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def locale(self) -> str: ...


def send_letter(
    session: Session,
    template: str,
    to: str,
    reader: Reader,
    *,
    path: str | None = None,
    key: str | None = None,
    **context: Any,
) -> None:
    """Queue a letter in the session's transaction; `path` is where its one link leads.

    With a `key` that was used before, none. What `context` says must be plain: numbers and words.
    """
    enqueue(session, KIND, {"to": to, "letter": prepared_letter(template, reader, path, **context)}, key=key)


def prepared_letter(template: str, reader: Reader, path: str | None = None, **context: Any) -> dict[str, Any]:
    """A letter as what it says and to whom, for `write`."""
    known = {"handle": reader.handle, "display_name": reader.display_name, "locale": reader.locale}
    with i18n.use_locale(reader.locale):
        return {"template": template, "reader": known, "path": path, "context": _plain(context)}


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str | None = None


def write(letter: Mapping[str, Any], settings: Settings) -> Written:
    """Make a queued letter out, in its reader's language."""
    reader, path = letter["reader"], letter["path"]
    with i18n.use_locale(reader["locale"]):
        words = _environment().get_template(f"mail/{letter['template']}.txt")
        facts = {"site_name": settings.site_name, "base_url": settings.base_url, "reader": reader, **letter["context"]}
        subject, text, action = (_block(words, block, facts) for block in ("subject", "text", "action"))
        frame = {
            **facts,
            "subject": subject,
            "paragraphs": [" ".join(part.split()) for part in text.split("\n\n") if part.strip()],
            "action": action,
            "link": settings.base_url + path if path else None,
        }
        plain, html = (_environment().get_template(f"mail/letter.{end}").render(frame) for end in ("txt", "html"))
        return Written(subject, plain, html)


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """Words that wait for a language are said now, in the reader's; the rest is kept as it is."""
    return {name: value if value is None or isinstance(value, int) else str(value) for name, value in context.items()}


def _block(template: Template, name: str, facts: dict[str, Any]) -> str:
    if name not in template.blocks:
        return ""
    return "".join(template.blocks[name](template.new_context(facts))).strip()


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
    )
    return env
