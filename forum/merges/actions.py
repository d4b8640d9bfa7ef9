"""Making two accounts one: who may, what forbids it, and the moment from which the one that goes is shut."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.merged import under_way
from forum.accounts.merging import shut
from forum.accounts.models import Account, AccountMerge
from forum.accounts.sessions import end_sessions
from forum.clock import now
from forum.erasures.actions import own_request
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import AccountsMerged
from forum.i18n import gettext as _
from forum.jobs import enqueue
from forum.letters import send_letter
from forum.merging import Merge, Merging

PERFORM = "merges.perform"


@dataclass(frozen=True, slots=True)
class Pair:
    gone: Account
    stays: Account

    @property
    def merge(self) -> Merge:
        return Merge(self.gone.id, self.stays.id)


def pair(session: Session, gone: str, stays: str) -> Pair:
    """The two accounts by their handles.

    Raises:
        NotFound: the one that is to go is nobody's.
        Invalid: the one that is to stay is nobody's, or they are the same.
    """
    found = account_of(session, gone)
    into = _account(session, stays)
    if into is None:
        raise Invalid({"into": _("There is nobody by that name here.")})
    if into.id == found.id:
        raise Invalid({"into": _("Choose somebody else: these are the same account.")})
    return Pair(found, into)


def account_of(session: Session, handle: str) -> Account:
    """
    Raises:
        NotFound: nobody has this handle, or they are gone.
    """
    found = _account(session, handle)
    if found is None:
        raise NotFound(_("There is nobody by that name here."))
    return found


def _account(session: Session, handle: str) -> Account | None:
    plain = handle.strip().lower().removeprefix("@").replace("\0", "")
    return session.scalars(
        select(Account).where(Account.handle == plain, Account.anonymised_at.is_(None))
    ).one_or_none()


def refusals(session: Session, merging: Merging, both: Pair) -> list[str]:
    """Why these two cannot become one, in words; nothing where they can."""
    words = []
    if both.stays.offboarded_at is not None:
        words.append(_("@{handle} has left and cannot sign in.").format(handle=both.stays.handle))
    if both.stays.email_verified_at is None and both.stays.imported_at is None:
        words.append(_("@{handle} has not confirmed an address yet.").format(handle=both.stays.handle))
    for account in (both.gone, both.stays):
        if own_request(session, account.id) is not None:
            words.append(_("@{handle} is to be erased. That is taken back first.").format(handle=account.handle))
        if under_way(session, account.id):
            words.append(_("@{handle} is being merged at this moment.").format(handle=account.handle))
    return words + merging.refusals(session, both.merge)


def merge_accounts(
    session: Session, actor: Actor | None, merging: Merging, gone: str, stays: str, *, typed: str, reason: str
) -> AccountMerge:
    """Shut one account, and have all that it has become the other's; it cannot be undone.

    `actor` None is the command line. `typed` is the handle that goes, once more.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody has the handle that is to go.
        Invalid: nobody has the other one, something forbids it, another word was typed, or the reason is missing.
        Conflict: it is oneself who would be shut out.
    """
    if actor is not None:
        require(actor, Privilege.ADMINISTER)
    both = pair(session, gone, stays)
    if actor is not None and both.gone.id == actor.id:
        raise Conflict(_("You are signed in with the account that would go. Sign in with the other one first."))
    if typed.strip().lower().removeprefix("@") != both.gone.handle:
        words = _("Type the handle that goes, {handle}, to say that you mean it.")
        raise Invalid({"handle": words.format(handle=both.gone.handle)})
    if not 3 <= len(reason.strip()) <= 1000:
        raise Invalid({"reason": _("Say in up to 1000 characters how you know that both are one person's.")})
    return _begin(session, actor, merging, both, reason.strip())


def _begin(session: Session, actor: Actor | None, merging: Merging, both: Pair, reason: str) -> AccountMerge:
    held = select(Account).where(Account.id.in_(both.merge.both)).order_by(Account.id)
    session.scalars(held.with_for_update().execution_options(populate_existing=True)).all()
    if both.gone.anonymised_at is not None or both.stays.anonymised_at is not None:
        raise Conflict(_("Somebody was quicker: one of the two is gone already."))
    if words := refusals(session, merging, both):
        raise Invalid({"into": " ".join(words)})
    actor_id = actor.id if actor is not None else None
    row = AccountMerge(from_id=both.gone.id, to_id=both.stays.id, asked_by_id=actor_id)
    session.add(row)
    _write(session, both)
    both.gone.anonymised_at = now()
    shut(session, both.merge)
    end_sessions(session, both.gone.id)
    session.flush()
    emit(
        session,
        AccountsMerged(actor_id=actor_id, account_id=both.stays.id, from_id=both.gone.id, reason=reason),
    )
    enqueue(session, PERFORM, {"merge_id": row.id})
    return row


def _write(session: Session, both: Pair) -> None:
    for address in dict.fromkeys((both.gone.email, both.stays.email)):
        if address is not None:
            send_letter(session, "merged", address, both.stays, path="/login", gone=both.gone.handle)
