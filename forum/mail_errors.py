"""What a mail server refused or failed at, in plain words."""

from __future__ import annotations

import socket
from typing import Any

import aiosmtplib

from forum.i18n import gettext as _

ERRORS = (aiosmtplib.SMTPException, OSError, ValueError)
"""All that comes of talking to a mail server."""


def in_words(error: Exception) -> str:
    """What it means, and what to look at."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return _("The mail server refused the user name or the password.")
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return _("The mail server refused the sender: is PORCHLIGHT_MAIL_FROM right?")
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _("The mail server refused the address.")
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return _("The mail server did not answer in time.")
    if isinstance(error, socket.gaierror) or isinstance(error.__cause__, socket.gaierror):
        return _("There is no server of that name: is PORCHLIGHT_SMTP_URL right?")
    if isinstance(error, aiosmtplib.SMTPConnectError | ConnectionError):
        return _("The mail server could not be reached: is it running, and is PORCHLIGHT_SMTP_URL right?")
    return _("The mail server refused.") if isinstance(error, aiosmtplib.SMTPException) else _("Mail failed.")


def answer_in(error: Any) -> str:
    """The server's own words, with their number where it gave one."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return "; ".join(answer_in(one) for one in error.recipients)
    code = f"{error.code} " if isinstance(error, aiosmtplib.SMTPResponseException) else ""
    return f"{code}{getattr(error, 'message', '') or error}"[:1000]
