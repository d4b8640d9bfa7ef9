"""Mail: written in the transaction of what it tells of, sent by the worker.

Without `SMTP_URL` each message becomes a file in `VAR/mail`, so that a site can be
tried, and its mail read, with no mail server at hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy.orm import Session

from forum.brand import site_name
from forum.db import Database
from forum.jobs import Task, enqueue
from forum.letters import KIND, Written, write
from forum.settings import MAIL_FROM, Settings

TIMEOUT = 20


def postman(database: Database, settings: Settings) -> Postman:
    """The one who delivers, in the name that the site has in the database."""

    def name() -> str:
        with database.reading() as session:
            return site_name(session, settings)

    return Postman(settings, name)


def send_mail(
    session: Session, *, to: str, subject: str, text: str, key: str | None = None, html: str | None = None
) -> None:
    """Queue one message; with a `key` that was used before, none."""
    payload: dict[str, Any] = {"to": to, "subject": subject, "text": text, "html": html}
    enqueue(session, KIND, payload, key=key)


class Postman:
    """Delivers queued mail: by SMTP when the settings name a server, otherwise into a folder."""

    def __init__(self, settings: Settings, site_name: Callable[[], str] | None = None) -> None:
        self._settings = settings
        self._site_name = site_name

    @property
    def settings(self) -> Settings:
        """With the site's name as it is at this moment."""
        return replace(self._settings, site_name=self._site_name()) if self._site_name else self._settings

    def deliver(self, task: Task) -> None:
        self.send(task)

    def send(self, task: Task) -> str:
        """Deliver one message, and say what the server answered, or which file it became."""
        message = self.compose(task)
        if self._settings.smtp_url:
            return asyncio.run(_smtp(self._settings.smtp_url, message))
        return self._to_folder(task, message)

    def compose(self, task: Task) -> EmailMessage:
        """The message of a job; its Message-ID is the job's, so a second sending can be recognised."""
        settings = self.settings
        host = urlsplit(settings.base_url).hostname or "localhost"
        letter = self._written(task.payload, settings)
        name, sender = parseaddr(settings.mail_from)
        if settings.mail_from == MAIL_FROM:
            name = " ".join(settings.site_name.split())
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

    def _written(self, payload: dict[str, Any], settings: Settings) -> Written:
        if (letter := payload.get("letter")) is not None:
            return write(letter, settings)
        return Written(payload["subject"], payload["text"], payload.get("html"))

    def _to_folder(self, task: Task, message: EmailMessage) -> str:
        folder = self._settings.var / "mail"
        folder.mkdir(exist_ok=True)
        unfinished = folder / f".{task.id:08d}.part"
        unfinished.write_bytes(message.as_bytes())
        return str(unfinished.replace(folder / f"{task.id:08d}.eml"))


async def knock(url: str, timeout: float) -> None:
    """Greet the mail server and sign in there as for sending, and send nothing."""
    async with aiosmtplib.SMTP(**_server(url), timeout=timeout) as server:
        await server.noop()


async def _smtp(url: str, message: EmailMessage) -> str:
    _refused, answer = await aiosmtplib.send(message, **_server(url), timeout=TIMEOUT)
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
