"""The listener: SMTP and LMTP on one port. A mail is acknowledged once it is kept, and only for addresses of ours.

It speaks without TLS and to anybody who reaches the port, so it belongs behind a mail server of one's own
(docs/operate.md). It never sends mail on.
"""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from sqlalchemy.exc import SQLAlchemyError

from forum.db import Database
from forum.mailin.actions import came_lately, keep_mail
from forum.mailin.addresses import split
from forum.mailin.mailboxes import Mailboxes, mailboxes_of
from forum.settings import Settings

log = structlog.get_logger()
MOST_AT_ONCE = 20
MOST_RECIPIENTS = 50
PATIENCE = 120
MB = 1024 * 1024
LATER = "451 4.3.0 It cannot be kept at the moment, try again later"


class Keeper:
    """What the listener asks about a sender, an address and a message; the database is asked in threads."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        local, domain = split(address)
        if domain != self.settings.inbound_domain:
            return "550 5.7.1 No mail is sent on from here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many addresses at once"
        try:
            refusal = await asyncio.to_thread(self._refusal, address, local)
        except SQLAlchemyError as error:
            log.warning("mail is refused for now", error=str(error))
            return LATER
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _refusal(self, address: str, local: str) -> str | None:
        with self.database.reading() as session:
            mailboxes: Mailboxes = mailboxes_of(session)
            mailbox = mailboxes.of(local)
            if mailbox is None or len(address) > 254:
                return "550 5.1.1 Nobody is called that here"
            if mailbox.hourly is not None and came_lately(session, address) >= mailbox.hourly:
                return "452 4.2.1 That was a lot within an hour, try again later"
        return None

    async def handle_DATA(self, server: Receiver, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode()
        recipients, sender = list(envelope.rcpt_tos), envelope.mail_from or ""

        def keep(session: Any) -> int:
            return keep_mail(session, sender, recipients, raw)

        try:
            new = await asyncio.to_thread(self.database.write, keep)
        except Exception as error:  # whatever it was, the mail is not kept, and its sender has to know
            log.warning("mail could not be kept", error=str(error))
            return server.for_each(len(recipients), LATER)
        log.info("mail kept", new=new, known=len(recipients) - new, size=len(raw))
        return server.for_each(len(recipients), "250 2.0.0 Kept")

    async def handle_exception(self, error: Exception) -> str:
        log.warning("mail: connection failed", error=repr(error))
        return LATER


class Receiver(SMTP):
    """One connection, in either of the two languages: LMTP (RFC 2033) says what became of a mail for each address."""

    line_length_limit = 64 * 1024  # mail programs write whole paragraphs in one, whatever the standard says
    open_now = 0

    def __init__(self, keeper: Keeper, **options: Any) -> None:
        super().__init__(keeper, **options)
        self._lmtp = False
        self._counted = False

    def for_each(self, count: int, words: str) -> str:
        return "\r\n".join([words] * count) if self._lmtp else words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if Receiver.open_now >= MOST_AT_ONCE:
            transport.write(b"421 4.3.2 Too many at once, try again later\r\n")  # type: ignore[attr-defined]
            transport.close()
            return
        Receiver.open_now += 1
        self._counted = True
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            Receiver.open_now -= 1
            self._counted = False
            super().connection_lost(error)

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        self._lmtp = True
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, arg: str) -> None:
        self._lmtp = False
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:
        self._lmtp = False
        await super().smtp_HELO(arg)


def make_receiver(settings: Settings, database: Database) -> Callable[[], Receiver]:
    """What makes a protocol for each connection."""
    keeper = Keeper(settings, database)
    hostname = re.sub(r"[^a-z0-9.-]", "", settings.inbound_domain or "") or "localhost"

    def protocol() -> Receiver:
        return Receiver(
            keeper,
            data_size_limit=settings.inbound_max_mb * MB,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Porchlight",
            timeout=PATIENCE,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )

    return protocol


async def receive(
    settings: Settings, database: Database, host: str, port: int, *, ready: Callable[[int], None] = lambda _port: None
) -> None:
    """Listen until SIGTERM or SIGINT; a mail that is under way then is finished or not acknowledged.

    Raises:
        OSError: the port is taken, or there is no such address.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(make_receiver(settings, database), host, port)
    async with server:
        ready(server.sockets[0].getsockname()[1])
        await stop.wait()
