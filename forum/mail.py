"""Mail: written in the transaction of what it tells of, sent by the worker.

Without `SMTP_URL` each message becomes a file in `VAR/mail`, so that a site can be
tried, and its mail read, with no mail server at hand.
"""

from __future__ import annotations

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy.orm import Session

from forum.jobs import Task, enqueue
from forum.letters import KIND, Written, write
from forum.settings import MAIL_FROM, Settings

TIMEOUT = 20


def send_mail(
    session: Session, *, to: str, subject: str, text: str, key: str | None = None, html: str | None = None
) -> None:
    """Queue one message; with a `key` that was used before, none."""
    payload: dict[str, Any] = {"to": to, "subject": subject, "text": text, "html": html}
    enqueue(session, KIND, payload, key=key)


class Postman:
    """Delivers queued mail: by SMTP when the settings name a server, otherwise into a folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def deliver(self, task: Task) -> None:
        message = self.compose(task)
        if self.settings.smtp_url:
            asyncio.run(_smtp(self.settings.smtp_url, message))
        else:
            self._to_folder(task, message)

    def compose(self, task: Task) -> EmailMessage:
        """The message of a job; its Message-ID is the job's, so a second sending can be recognised."""
        host = urlsplit(self.settings.base_url).hostname or "localhost"
        letter = self._written(task.payload)
        name, sender = parseaddr(self.settings.mail_from)
        if self.settings.mail_from == MAIL_FROM:
            name = " ".join(self.settings.site_name.split())
        message = EmailMessage()
        message["From"] = Address(name, addr_spec=sender)
        message["To"] = Address(addr_spec=task.payload["to"])
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<job-{task.id}@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        return message

    def _written(self, payload: dict[str, Any]) -> Written:
        if (letter := payload.get("letter")) is not None:
            return write(letter, self.settings)
        return Written(payload["subject"], payload["text"], payload.get("html"))

    def _to_folder(self, task: Task, message: EmailMessage) -> None:
        folder = self.settings.var / "mail"
        folder.mkdir(exist_ok=True)
        unfinished = folder / f".{task.id:08d}.part"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(folder / f"{task.id:08d}.eml")


async def _smtp(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port or (465 if secure else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=secure,
        start_tls=True if parts.scheme == "smtp+starttls" else None,
        timeout=TIMEOUT,
    )
