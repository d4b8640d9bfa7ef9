"""Mail: written in the transaction of what it tells of, sent by the worker.

Without `SMTP_URL` each message becomes a file in `VAR/mail`, so that a site can be
tried, and its mail read, with no mail server at hand.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from sqlalchemy.orm import Session

from forum import bounces
from forum.brand import accent_of, branded
from forum.colours import DEFAULT
from forum.db import Database
from forum.jobs import Task, enqueue
from forum.letters import KIND, Written, write
from forum.letters.wording import Wording, wording_of
from forum.mailin.addresses import bounce_address
from forum.settings import MAIL_FROM, Settings

log = structlog.get_logger()
TIMEOUT = 20
UNFOLDED = policy.default.clone(max_line_length=900)
"""Folded, a long address or id would be encoded as a text is, and no program would find it in there."""
ASKED_FOR = frozenset({"claim", "confirm", "confirm_change", "reset"})
"""Letters that somebody waits for at this moment: they are tried even where mail to the address was stopped."""


def send_mail(
    session: Session, *, to: str, subject: str, text: str, key: str | None = None, html: str | None = None
) -> None:
    """Queue one message; with a `key` that was used before, none."""
    payload: dict[str, Any] = {"to": to, "subject": subject, "text": text, "html": html}
    enqueue(session, KIND, payload, key=key)


def message_id(settings: Settings, name: str) -> str:
    """The Message-ID of what has this name on this site, with a mark that nobody else can make."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    return f"<{name}.{_mark(settings, name)}@{host}>"


def is_ours(settings: Settings, found: str) -> bool:
    """Whether a Message-ID was given out by this site."""
    match = re.fullmatch(r"<([a-z]+-[0-9.]+)\.([0-9a-f]{12})@[^<>@]+>", found.strip())
    return match is not None and hmac.compare_digest(match[2], _mark(settings, match[1]))


class House(NamedTuple):
    """What the site is at this moment: its settings with the name that admins gave it, its colour, a letter's words."""

    settings: Settings
    accent: str
    wording: Wording


class Postman:
    """Delivers queued mail: by SMTP when the settings name a server, otherwise into a folder.

    With a database it knows what admins made of the words and the looks, and which addresses are dead.
    """

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        self.settings = settings
        self.database = database

    def deliver(self, task: Task) -> None:
        template = task.payload.get("letter", {}).get("template")
        to = task.payload["to"]
        if template in ASKED_FOR or not self._stopped(to):
            self.send(task, self.compose(task), to)

    def compose(self, task: Task) -> EmailMessage:
        """The message of a job; its Message-ID is the job's, so a second sending can be recognised."""
        payload = task.payload
        if (letter := payload.get("letter")) is not None:
            return self.letter(task, payload["to"], letter)
        written = Written(payload["subject"], payload["text"], payload.get("html"))
        return self._message(task, payload["to"], written, self._house(None).settings)

    def letter(
        self, task: Task, to: str, letter: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> EmailMessage:
        """A letter as a message, as admins have worded it and the site looks now."""
        house = self._house(letter["template"])
        written = write(letter, house.settings, house.wording, accent=house.accent)
        return self._message(task, to, replace(written, headers=headers or written.headers), house.settings)

    def _message(self, task: Task, to: str, letter: Written, settings: Settings) -> EmailMessage:
        name, sender = parseaddr(settings.mail_from)
        if settings.mail_from == MAIL_FROM:
            name = " ".join(settings.site_name.split())
        own = {
            "Message-ID": message_id(settings, f"job-{task.id}"),
            "Auto-Submitted": "auto-generated",
            "X-Job": str(task.id),
            **letter.headers,
        }
        message = EmailMessage(policy=UNFOLDED)
        message["From"] = Address(name, addr_spec=sender)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = formatdate()
        for header, value in own.items():
            message[header] = " ".join(value.split())
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        return message

    def send(self, task: Task, message: EmailMessage, to: str) -> None:
        """Let it go. An address that the server refuses for good is noted, and the mail is done with."""
        try:
            self.hand_over(task, message)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            why = refused.recipients[0]
            if self.database is None or why.code < 500:
                raise
            log.warning("mail refused", job=task.id, code=why.code)
            self.database.write(lambda session: bounces.note_failure(session, to, f"{why.code} {why.message}"))

    def hand_over(self, task: Task, message: EmailMessage) -> str:
        """Give one message away, and say what the server answered, or which file it became."""
        if self.settings.smtp_url:
            return asyncio.run(_smtp(self.settings.smtp_url, message, bounce_address(self.settings)))
        return self._to_folder(task, message)

    def _house(self, template: str | None) -> House:
        if self.database is None:
            return House(self.settings, DEFAULT["light"], Wording())
        with self.database.reading() as session:
            wording = wording_of(session, template) if template is not None else Wording()
            return House(branded(session, self.settings), accent_of(session), wording)

    def _stopped(self, to: str) -> bool:
        if self.database is None:
            return False
        with self.database.reading() as session:
            return bounces.is_stopped(session, to)

    def _to_folder(self, task: Task, message: EmailMessage) -> str:
        folder = self.settings.var / "mail"
        folder.mkdir(exist_ok=True)
        unfinished = folder / f".{task.id:08d}.part"
        unfinished.write_bytes(message.as_bytes())
        return str(unfinished.replace(folder / f"{task.id:08d}.eml"))


def _mark(settings: Settings, name: str) -> str:
    return hmac.new(settings.secret.encode(), f"message:{name}".encode(), hashlib.sha256).hexdigest()[:12]


async def knock(url: str, timeout: float) -> None:
    """Greet the mail server and sign in there as for sending, and send nothing."""
    async with aiosmtplib.SMTP(**_server(url), timeout=timeout) as server:
        await server.noop()


async def _smtp(url: str, message: EmailMessage, envelope: str | None = None) -> str:
    """Send it; on the envelope it is from where what comes back comes in, else from its sender."""
    _refused, answer = await aiosmtplib.send(
        message.as_bytes(policy=UNFOLDED.clone(linesep="\r\n")),
        sender=envelope or message["From"].addresses[0].addr_spec,
        recipients=[address.addr_spec for address in message["To"].addresses],
        **_server(url),
        timeout=TIMEOUT,
    )
    return answer


def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if secure else 25),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
        "start_tls": True if parts.scheme == "smtp+starttls" else None,
    }
