"""Letters: mail written from a template, in the language of whoever reads it.

A template under templates/mail holds the blocks `subject`, `text` and, for a letter with
a link, `action`; the frames `letter.txt` and `letter.html` put the same words into both
parts. Links come from `BASE_URL`, never from a request.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from sqlalchemy.orm import Session

from forum import i18n
from forum.mail import send_mail
from forum.resources import folder
from forum.settings import Settings


class Reader(Protocol):
    """Whom a letter is written to."""

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
    """Queue a letter in the session's transaction; `path` is where its one link leads, `key` as in `send_mail`."""
    settings: Settings = session.info["settings"]
    with i18n.use_locale(reader.locale):
        words = _environment().get_template(f"mail/{template}.txt")
        facts = {"site_name": settings.site_name, "base_url": settings.base_url, "reader": reader, **context}
        subject, text, action = (_block(words, block, facts) for block in ("subject", "text", "action"))
        frame = {
            **facts,
            "subject": subject,
            "paragraphs": [" ".join(part.split()) for part in text.split("\n\n") if part.strip()],
            "action": action,
            "link": settings.base_url + path if path else None,
        }
        plain, html = (_environment().get_template(f"mail/letter.{end}").render(frame) for end in ("txt", "html"))
        send_mail(session, to=to, subject=subject, text=plain, html=html, key=key)


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
