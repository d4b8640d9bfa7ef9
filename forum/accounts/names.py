"""What people may call themselves, and the addresses they may give."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from forum.errors import Invalid
from forum.i18n import gettext as _
from forum.personal import GONE

HANDLE = re.compile(r"[a-z0-9_-]{3,30}")
RESERVED = frozenset(
    [
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "all",
        "anonymous",
        "api",
        "billing",
        "bot",
        "community",
        "contact",
        "daemon",
        "deleted",
        "everybody",
        "everyone",
        "guest",
        "help",
        "helpdesk",
        "here",
        "hostmaster",
        "info",
        "legal",
        "login",
        "logout",
        "mail",
        "mailer-daemon",
        "me",
        "mod",
        "moderation",
        "moderator",
        "moderators",
        "mods",
        "nobody",
        "no-reply",
        "noreply",
        "null",
        "official",
        "operator",
        "owner",
        "people",
        "porchlight",
        "porchlight-staff",
        "postmaster",
        "privacy",
        "register",
        "root",
        "sales",
        "security",
        "settings",
        "staff",
        "sudo",
        "suggest",
        "superuser",
        "support",
        "sysadmin",
        "system",
        "team",
        "undefined",
        "unknown",
        "user",
        "webmaster",
        "you",
    ]
)


def clean_handle(text: str) -> str:
    """A handle in the form it is kept in.

    Raises:
        Invalid: it has the wrong letters or length, or passes for the site's own voice.
    """
    handle = text.strip().removeprefix("@").lower()
    if not HANDLE.fullmatch(handle):
        raise Invalid({"handle": _("Use 3 to 30 of the letters a to z, digits, hyphen and underscore.")})
    plain = handle.strip("_-").replace("_", "-")
    if plain in RESERVED or plain.startswith(GONE) or not re.search("[a-z0-9]", handle):
        raise Invalid({"handle": _("That handle is not to be had. Please choose another.")})
    return handle


def clean_display_name(text: str, handle: str) -> str:
    """A name as people read it, without what reorders or hides letters; the handle when there is none."""
    shown = "".join(
        char
        for char in unicodedata.normalize("NFC", text)
        if unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs"}
    )
    name = " ".join(shown.split())
    if len(name) > 60:
        raise Invalid({"display_name": _("Use at most 60 characters.")})
    return name or handle


def clean_email(text: str) -> str:
    """An address in the form it is compared in.

    Raises:
        Invalid: no mail could reach it.
    """
    try:
        known = validate_email(text.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False)
        return str(known.ascii_email).lower()
    except EmailNotValidError as error:
        raise Invalid({"email": _("That does not look like an e-mail address.")}) from error


def clean_website(text: str) -> str:
    """An http address, or nothing."""
    address = text.strip()
    if not address:
        return ""
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or "." not in parts.hostname:
        raise Invalid({"website": _("Give an address such as https://example.org.")})
    if len(address) > 200 or re.search(r"[\s\x00-\x1f\x7f]", address) or parts.username is not None:
        raise Invalid({"website": _("Give an address such as https://example.org.")})
    return address


def clean_emails(typed: str, most: int) -> list[str]:
    """Addresses out of one field, each once, between spaces, commas, semicolons or lines.

    Raises:
        Invalid: there is none, there are too many, or one is no address; it stands under "addresses".
    """
    parts = [part for part in re.split(r"[\s,;]+", typed) if part]
    if not parts:
        raise Invalid({"addresses": _("Give at least one address.")})
    if len(parts) > most:
        raise Invalid({"addresses": _("Invite at most {most} at once.").format(most=most)})
    found: dict[str, None] = {}
    for part in parts:
        try:
            found[clean_email(part)] = None
        except Invalid as error:
            words = _("“{address}” does not look like an e-mail address.").format(address=part[:80])
            raise Invalid({"addresses": words}) from error
    return list(found)
