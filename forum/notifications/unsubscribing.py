"""One press that stops what a letter was: by a signed token, without signing in.

A token names an account and what to stop: a level (`level:tag:5`), the mail of a matter (`matter:answers`), all mail
that comes at once (`mail`) or the digest (`digest`). It never expires, as a letter may lie for years, and can only ever
stop something.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum import i18n
from forum.accounts.models import Account
from forum.accounts.queries import actor_of
from forum.errors import NotFound
from forum.following.models import HEARING, Follow, Level, Subject
from forum.i18n import gettext as _
from forum.notifications import choices, kinds, names, schedule
from forum.notifications.models import ByMail
from forum.threads.models import Thread

if TYPE_CHECKING:
    from forum.notifications.items import Item

MAIL = "mail"
DIGEST = "digest"
MARK = 32


class Stop(NamedTuple):
    """A link that stops something: where it leads, what it says, and why the letter came."""

    path: str
    words: str
    because: str


def of_item(secret: str, account: Account, item: Item) -> Stop:
    """What stops letters like that of one notification."""
    with i18n.use_locale(account.locale):
        if item.why.subject is not None:
            what = f"level:{item.why}"
            because = _BECAUSE[item.why.subject]().format(name=item.why_name)
            return Stop(_path(secret, account.id, what), _stop_words(item.why.subject, item.why_name), because)
        matter = kinds.matter_of(item.kind)
        words = _("No more mail of this: {matter}").format(matter=matter.words)
        because = _("You get this because it concerns you.")
        return Stop(_path(secret, account.id, f"matter:{matter.name}"), words, because)


def of_everything(secret: str, account: Account) -> Stop:
    with i18n.use_locale(account.locale):
        because = _("You get this because it concerns you, or because you follow it.")
        return Stop(_path(secret, account.id, MAIL), _("No more mail with notifications"), because)


def of_digest(secret: str, account: Account) -> Stop:
    with i18n.use_locale(account.locale):
        because = _("You get this because you asked for a digest.")
        return Stop(_path(secret, account.id, DIGEST), _("No more digests"), because)


class Named(NamedTuple):
    """What a token stops, for whom."""

    account: Account
    what: str


def find(session: Session, secret: str, token: str) -> Named:
    """Whom a token is for, and what it stops.

    Raises:
        NotFound: it was not made here, or its account is gone.
    """
    account_id, what = _opened(secret, token)
    account = session.get(Account, account_id)
    if account is None or account.anonymised_at is not None:
        raise NotFound(_("There is nothing at this address."))
    return Named(account, what)


def words_of(session: Session, found: Named) -> str:
    """What pressing the button stops, in the current language."""
    kind, _colon, rest = found.what.partition(":")
    if kind == "matter":
        return _("No more mail of this: {matter}").format(matter=kinds.matter(rest).words)
    if kind == "level":
        subject, subject_id = _subject(rest)
        named = names.named(session, actor_of(session, found.account), [(subject, subject_id)])
        here = named.get((subject, subject_id))
        return _stop_words(subject, here.name if here else "")
    return _("No more digests") if found.what == DIGEST else _("No more mail with notifications")


def stop(session: Session, found: Named) -> None:
    """Stop it; what was stopped before stays so."""
    kind, _colon, rest = found.what.partition(":")
    if kind == "matter":
        choices.stop_mail(session, found.account.id, kinds.matter(rest))
    elif kind == "level":
        _back_to_normal(session, found.account.id, *_subject(rest))
    elif found.what == DIGEST:
        schedule.stop_digest(session, found.account.id)
    else:
        choices.stop_all_mail(session, found.account.id, only=ByMail.AT_ONCE)


def _back_to_normal(session: Session, account_id: int, subject: Subject, subject_id: int) -> None:
    thread = None
    if subject is Subject.THREAD:
        held = select(Thread).where(Thread.id == subject_id).with_for_update()
        thread = session.scalars(held.execution_options(populate_existing=True)).one_or_none()
    mine = (Follow.account_id == account_id, Follow.subject == subject, Follow.subject_id == subject_id)
    heard = update(Follow).where(*mine, Follow.level.in_(HEARING)).values(level=Level.NORMAL)
    if session.execute(heard.returning(Follow.level)).one_or_none() is not None and thread is not None:
        thread.follower_count -= 1
    session.flush()


def _subject(text: str) -> tuple[Subject, int]:
    subject, _colon, subject_id = text.partition(":")
    return Subject(subject), int(subject_id)


def _stop_words(subject: Subject, name: str) -> str:
    words = {
        Subject.THREAD: _("Stop following the thread “{name}”") if name else _("Stop following this thread"),
        Subject.TAG: _("Stop following the tag {name}"),
        Subject.PRODUCT: _("Stop following the product {name}") if name else _("Stop following this product"),
        Subject.PERSON: _("Stop following {name}") if name else _("Stop following this person"),
    }
    return words[subject].format(name=name)


_BECAUSE = {
    Subject.THREAD: lambda: _("You get this because you follow or watch the thread."),
    Subject.TAG: lambda: _("You get this because you follow or watch the tag {name}."),
    Subject.PRODUCT: lambda: _("You get this because you follow or watch the product {name}."),
    Subject.PERSON: lambda: _("You get this because you follow or watch {name}."),
}


def _path(secret: str, account_id: int, what: str) -> str:
    body = base64.urlsafe_b64encode(f"{account_id}:{what}".encode()).decode().rstrip("=")
    return f"/unsubscribe/{body}.{_mark(secret, body)}"


def _opened(secret: str, token: str) -> tuple[int, str]:
    body, _dot, mark = token.partition(".")
    nothing = NotFound(_("There is nothing at this address."))
    if not hmac.compare_digest(mark.encode(), _mark(secret, body).encode()):
        raise nothing
    try:
        account_id, _colon, what = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().partition(":")
        return int(account_id), what
    except (ValueError, binascii.Error) as error:
        raise nothing from error


def _mark(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), f"unsubscribe:{body}".encode(), hashlib.sha256).hexdigest()[:MARK]
