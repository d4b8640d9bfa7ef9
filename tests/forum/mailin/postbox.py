"""The real listener on a port of this machine, and people who write to it."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from email.message import EmailMessage
from email.utils import make_msgid

from forum.jobs import Workshop
from forum.mailin.receiving import make_receiver
from forum.web import Site

DOMAIN = "reply.example.org"


class Postbox:
    """Takes mail for a site in a thread of its own, as `porchlight mail-in` does in a process."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        making = self._loop.create_server(make_receiver(self.site.settings, self.site.database), "127.0.0.1", 0)
        self._server = self._loop.run_until_complete(making)
        self.port = self._server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._server.close()
        self._loop.close()

    def smtp(self, *, lmtp: bool = False) -> smtplib.SMTP:
        return (smtplib.LMTP if lmtp else smtplib.SMTP)("127.0.0.1", self.port, timeout=20)

    def take(self, sender: str, to: str, message: EmailMessage | bytes) -> None:
        """Deliver it, as a mail server would, and let the worker read it."""
        raw = message if isinstance(message, bytes) else message.as_bytes()
        with self.smtp() as line:
            line.sendmail(sender, [to], raw)
        Workshop(self.site.database, self.site.jobs).drain()


def mail(sender: str, to: str, text: str, **headers: str) -> EmailMessage:
    """A mail as somebody writes it; `headers` with _ for -."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Message-ID"] = make_msgid(domain="mail.example.org")
    for name, value in {"Subject": "Re: a letter", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message
