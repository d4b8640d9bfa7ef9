"""The addresses of ours that mail may come to, and what the signed ones say.

`reply+ACCOUNT.POST.DAY.MARK@INBOUND_DOMAIN` stands in a letter as Reply-To. It names whose letter it was, the post it
told of and the last day it is good for, in small letters and digits alone, as servers on the way may change the case.
The mark is made with the site's secret: nobody else can make one, for any account, post or day.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import date, timedelta
from email.utils import parseaddr
from typing import NamedTuple

from forum.clock import now
from forum.posts import PostKind, PostRef
from forum.settings import Settings

REPLY = "reply"
BOUNCES = "bounces"
GOOD_FOR = timedelta(days=90)
_LETTERS = {PostKind.THREAD: "t", PostKind.ANSWER: "a", PostKind.COMMENT: "c"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_SIGNED = re.compile(r"reply\+(([0-9a-z]{1,13})\.([tac])([0-9a-z]{1,13})\.([0-9]{8}))\.([a-z2-7]{26})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class ReplyTo(NamedTuple):
    """What a signed address says: whose letter it stood in, and which post that told of."""

    account_id: int
    post: PostRef
    last_day: date

    @property
    def expired(self) -> bool:
        return now().date() > self.last_day


def reply_address(settings: Settings, account_id: int, post: PostRef) -> str | None:
    """Where this person writes to about this post; None where no mail comes in."""
    if settings.inbound_domain is None:
        return None
    last_day = now().date() + GOOD_FOR
    said = f"{_short(account_id)}.{_LETTERS[post.kind]}{_short(post.id)}.{last_day:%Y%m%d}"
    return f"{REPLY}+{said}.{_mark(settings, said)}@{settings.inbound_domain}"


def read_reply_address(settings: Settings, local: str) -> ReplyTo | None:
    """What the part before the @ says; None for one that this site never gave out."""
    found = _SIGNED.fullmatch(local.lower())
    if found is None or not hmac.compare_digest(found[6], _mark(settings, found[1])):
        return None
    last_day = date(int(found[5][:4]), int(found[5][4:6]), int(found[5][6:]))
    return ReplyTo(int(found[2], 36), PostRef(_KINDS[found[3]], int(found[4], 36)), last_day)


def bounce_address(settings: Settings) -> str | None:
    """Who letters are from on the envelope, so that what comes back comes in; None where no mail comes in."""
    return f"{BOUNCES}@{settings.inbound_domain}" if settings.inbound_domain else None


def takes_bounces(settings: Settings, local: str) -> bool:
    """Beside the address on the envelope, that of the sender: servers answer to either."""
    own, _at, domain = parseaddr(settings.mail_from)[1].lower().rpartition("@")
    return local.lower() == BOUNCES or (domain == settings.inbound_domain and local.lower() == own)


def is_own(settings: Settings, address: str) -> bool:
    """Whether mail from there would be our own, come back; people may have addresses in the same domain."""
    address = address.lower()
    local, domain = split(address)
    ours = domain == settings.inbound_domain and (local == BOUNCES or local.startswith(f"{REPLY}+"))
    return ours or address == parseaddr(settings.mail_from)[1].lower()


def split(address: str) -> tuple[str, str]:
    """The part before the last @, and the domain in small letters."""
    local, _at, domain = address.strip().strip("<>").rpartition("@")
    return local, domain.lower()


def _short(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def _mark(settings: Settings, said: str) -> str:
    digest = hmac.new(settings.secret.encode(), f"reply by mail:{said}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()
