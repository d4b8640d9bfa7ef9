"""Letters: mail written from a template, in the language of whoever reads it.

A letter is queued as what it says and to whom; the worker makes it out, so that no act holds
its locks meanwhile. A template under templates/mail holds the blocks `subject`, `opening`, `text`, `closing` and, for a
letter with a link, `action`; an admin may have put other words into the place of subject, opening and closing. The
frames `letter.txt` and `letter.html` put the same words into both parts. Links come from `BASE_URL`, never from a
request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from sqlalchemy.orm import Session

from forum import i18n
from forum.colours import DEFAULT
from forum.jobs import enqueue
from forum.letters.catalogue import LETTERS, sample
from forum.letters.wording import Wording, filled
from forum.resources import folder
from forum.settings import Settings
from forum.web import times

if TYPE_CHECKING:
    import css_inline

KIND = "mail"
AS_IT_IS = Wording()
CSS = Path(__file__).with_name("letter.css")


class Reader(Protocol):
    """Whom a letter is written to."""

    @property
    def handle(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


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
    with i18n.use_locale(reader.locale):
        return {"template": template, "reader": known(reader), "path": path, "context": _plain(context)}


def known(reader: Reader) -> dict[str, str]:
    """What a letter knows of its reader."""
    return {name: getattr(reader, name) for name in ("handle", "display_name", "locale", "time_zone")}


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in its reader's language; `headers` are those beside sender, reader, subject and date."""

    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def write(
    letter: Mapping[str, Any], settings: Settings, wording: Wording = AS_IT_IS, *, accent: str = DEFAULT["light"]
) -> Written:
    """Make a letter out, in its reader's language and time zone; `accent` is the colour of its links."""
    reader, path, name = letter["reader"], letter["path"], letter["template"]
    with i18n.use_locale(reader["locale"]):
        times.use_time_zone(reader.get("time_zone", "UTC"))
        words = _environment().get_template(f"mail/{name}.txt")
        facts = _facts(settings, reader, letter["context"])
        values = {**facts, "name": reader["display_name"], "handle": reader["handle"], "site": settings.site_name}
        chosen = {part: filled(text, values) for part, text in _parts(wording).items() if text}
        blocks = ("subject", "opening", "text", "closing", "action")
        said = {block: chosen.get(block) or _block(words, block, facts) for block in blocks}
        subject = " ".join(said["subject"].split())
        if facts["reply"] and not subject.lower().startswith("re:"):
            subject = f"Re: {subject}"
        frame = {
            **facts,
            "subject": subject,
            "paragraphs": [*_paragraphs(said["opening"]), *_paragraphs(said["text"])],
            "closing": _paragraphs(said["closing"]),
            "action": said["action"],
            "link": settings.base_url + path if path else None,
        }
        plain, html = (_environment().get_template(f"mail/letter.{end}").render(frame) for end in ("txt", "html"))
        return Written(subject, plain, _inliner(accent).inline(html), letter.get("headers", {}))


def own_words(name: str, settings: Settings) -> Wording:
    """What the program itself says in a letter, with its placeholders, in the current language."""
    words = _environment().get_template(f"mail/{name}.txt")
    open_ = {one: f"{{{one}}}" for one in LETTERS[name].placeholders}
    reader = {"handle": "{handle}", "display_name": "{name}", "locale": i18n.current_locale()}
    facts = _facts(settings, reader, sample(name) | {"reason": "", "said": "", "quote": ""} | open_)
    facts |= {"site_name": "{site}"}
    found = {part: _paragraphs(_block(words, part, facts)) for part in ("subject", "opening", "closing")}
    return Wording(**{part: "\n\n".join(paragraphs) for part, paragraphs in found.items()})


def _facts(settings: Settings, reader: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, Any]:
    """What every template can count on, and what this letter says."""
    every: dict[str, Any] = {"sections": [], "stops": [], "reply": False, "quote": "", "because": "", "replying": ""}
    site = {"site_name": settings.site_name, "base_url": settings.base_url}
    if "sentence" in context:  # queued by a release before the words of a notification could be changed
        every |= {"what": context["sentence"] or context["reason"], "said": ""}
    return every | site | {"reader": reader} | dict(context)


def _parts(wording: Wording) -> dict[str, str]:
    return {"subject": wording.subject, "opening": wording.opening, "closing": wording.closing}


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """Words that wait for a language are said now, in the reader's; the rest is kept as it is."""
    return {name: value if value is None or isinstance(value, int) else str(value) for name, value in context.items()}


def _block(template: Template, name: str, facts: dict[str, Any]) -> str:
    if name not in template.blocks:
        return ""
    return "".join(template.blocks[name](template.new_context(facts))).strip()


@lru_cache(maxsize=8)
def _inliner(accent: str) -> css_inline.CSSInliner:
    """Mail programs read styles from the elements themselves; nothing is fetched for it."""
    import css_inline  # noqa: PLC0415 - only who makes letters out needs it

    styles = CSS.read_text("utf-8").replace(DEFAULT["light"], accent)
    return css_inline.CSSInliner(extra_css=styles, load_remote_stylesheets=False)


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
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(direction=i18n.direction)
    env.filters.update(date=times.date_, number=times.number)
    return env
