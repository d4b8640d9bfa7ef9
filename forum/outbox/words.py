"""Jobs in plain words: what kind of work, what went wrong, and what of the payload may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forum.i18n import gettext as _
from forum.i18n import lazy, ngettext

KINDS: dict[str, str] = {
    "mail": lazy("Send a letter"),
    "accounts.confirm": lazy("Write the letter that confirms an address"),
    "accounts.claim": lazy("Write to somebody whose account was imported"),
    "accounts.reset": lazy("Write the letter that resets a password"),
    "accounts.password_changed": lazy("Tell somebody that their password was changed"),
    "accounts.tidy": lazy("Forget accounts that never joined"),
    "notifications.followers": lazy("Tell followers"),
    "notifications.published": lazy("Tell of a post that was approved"),
    "notifications.letter": lazy("Send a letter with notifications"),
    "notifications.digests": lazy("Begin the digests whose time has come"),
    "notifications.digest": lazy("Send a digest"),
    "merges.perform": lazy("Move what one account had to another"),
    "merges.due": lazy("Look whether two accounts still become one"),
    "mailin.sort": lazy("Read a mail that came in"),
    "search.tag": lazy("Bring a tag's threads up to date in the search"),
    "changes.forget": lazy("Forget what moved long ago"),
    "api.forget_replies": lazy("Forget kept replies of the API"),
    "audit.verify": lazy("Verify the log"),
    "support.tell_me_too": lazy("Tell those who have it too"),
    "support.tell_tier": lazy("Tell a tier of staff"),
    "support.remind": lazy("Remind customers who are waited for"),
    "support.solve_silent": lazy("Solve tickets that nobody answers"),
    "support.close_solved": lazy("Close tickets that were solved long ago"),
    "support.unanswered": lazy("Hand unanswered questions to staff"),
}
SHOWN = frozenset({"kind", "template", "reason", "tier"})
"""Words of a payload that say what sort of thing it is, never whose."""
FAULTS: tuple[tuple[str, str], ...] = (
    (r"SMTPRecipientsRefused", lazy("The mail server did not take the letter for this address.")),
    (r"SMTPAuthenticationError", lazy("The mail server did not accept the name and password of this site.")),
    (r"SMTPSenderRefused", lazy("The mail server did not take letters from this site's address.")),
    (r"SMTP\w*", lazy("The mail server refused the letter, or the line to it broke.")),
    (r"gaierror|ConnectionRefusedError|ConnectionError|ConnectionResetError|OSError", lazy("Nobody answered there.")),
    (r"TimeoutError|timeout", lazy("It took too long until somebody answered.")),
    (r"SSL\w*", lazy("The line could not be made safe: look at the certificate of the server.")),
    (r"NoResultFound|IntegrityError", lazy("What it was about is not there any more, or not as it was.")),
)
LONGEST = 300
_ADDRESS = re.compile(r"[^\s'\"<>()\[\]{},;:]+@[^\s'\"<>()\[\]{},;:]+")
_SECRET = re.compile(r"(?i)\b(porch_)?[A-Za-z0-9_-]{32,}\b")


def kind_words(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def fault_words(kind: str, error: str | None, known: frozenset[str]) -> str:
    """What went wrong, for somebody who does not read the program."""
    if kind not in known:
        return _("This version of the program does not know this kind of work.")
    name = re.match(r"\w+", error or "")
    for pattern, words in FAULTS:
        if name and re.fullmatch(pattern, name[0]):
            return str(words)
    return _("The program failed at it. The note below says where; it may go when the program is brought up to date.")


def technical(error: str | None) -> str:
    """The failure as the program noted it, without addresses and whatever looks like a secret."""
    text = _SECRET.sub("…", _ADDRESS.sub("…@…", error or ""))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def payload_words(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a job is about: numbers, and words of few kinds. What people wrote, or where they live, is left out."""
    return [(name, _value(name, value)) for name, value in list(payload.items())[:20]]


def _value(name: str, value: Any) -> str:
    if value is None or isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, str) and name in SHOWN and len(value) <= 40:
        return value
    if isinstance(value, list) and all(isinstance(one, int) for one in value):
        return ngettext("{count} number", "{count} numbers", len(value)).format(count=len(value))
    return _("left out")
