"""The mail of a test's site, which lies in a folder."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from forum.jobs import Workshop
from forum.web import Site


def mail_of(site: Site) -> list[EmailMessage]:
    """All mail so far, oldest first, after what is due was worked off."""
    Workshop(site.database, site.jobs).drain()
    files = sorted((site.settings.var / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def text_of(letter: EmailMessage) -> str:
    """What a letter says to readers of plain text."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
