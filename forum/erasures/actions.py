"""Asking for an erasure, taking it back, and answering for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.accounts.merged import under_way
from forum.accounts.models import Account
from forum.clock import now
from forum.erasures.models import ErasureRequest
from forum.errors import Conflict, Invalid, NotFound
from forum.events import emit
from forum.events.accounts import ErasureChanged, ErasureStep, RetentionChanged
from forum.i18n import gettext as _
from forum.i18n import lazy
from forum.jobs import enqueue
from forum.letters import send_letter
from forum.notifications.actions import notify
from forum.notifications.kinds import add_kind
from forum.options import option, set_option

MOST_DAYS = 30
DAYS = 14
OPTION = "erasure.days"
PERFORM = "erasures.perform"
PAGE = "/settings/data/erasure"
WAITS = "erasure_waits"

add_kind(WAITS, lazy("{actor} asked to be erased, and you answer for it"), "user-x")


def cooling_off(session: Session) -> int:
    """Days between asking and erasing, in which it can be taken back."""
    return int(option(session, OPTION, DAYS))


def ask_for_erasure(session: Session, actor: Actor, typed: str, *, content: bool) -> ErasureRequest:
    """Ask to be erased; the handle, typed once more, is the last word.

    Raises:
        Invalid: another word was typed, or a role has to be given up first.
        Conflict: it was asked for already.
    """
    account = session.get_one(Account, actor.id, with_for_update=True)
    if typed.strip().lower().removeprefix("@") != account.handle:
        raise Invalid(
            {"handle": _("Type your handle, {handle}, to say that you mean it.").format(handle=account.handle)}
        )
    request = _ask(session, actor, account, content=content, days=cooling_off(session))
    if request.owner_id is not None:
        notify(session, request.owner_id, WAITS, actor_id=actor.id, url="/admin/erasures", key=f"erasure:{request.id}")
    return request


def ask_for(session: Session, actor: Actor, handle: str, *, content: bool, days: int, reason: str) -> ErasureRequest:
    """Ask for an erasure on behalf of somebody; the admin answers for it.

    Raises:
        Forbidden: the actor is no admin.
        NotFound: nobody has this handle.
        Invalid: the days are out of bounds, the reason is missing, or they have a role.
        Conflict: it was asked for already.
    """
    require(actor, Privilege.ADMINISTER)
    if not 0 <= days <= MOST_DAYS:
        raise Invalid({"days": _("Give a number of days from 0 to {most}.").format(most=MOST_DAYS)})
    if not 3 <= len(reason.strip()) <= 1000:
        raise Invalid({"reason": _("Say in up to 1000 characters how you were asked.")})
    account = session.scalars(
        select(Account).where(Account.handle == handle.lower(), Account.anonymised_at.is_(None)).with_for_update()
    ).one_or_none()
    if account is None:
        raise NotFound(_("There is nobody by that name here."))
    request = _ask(session, actor, account, content=content, days=days)
    _say(session, actor, request, ErasureStep.ASKED, reason.strip())
    return request


def withdraw(session: Session, actor: Actor) -> None:
    """Take one's own request back.

    Raises:
        NotFound: there is none, or it is being carried out.
    """
    request = _waiting(session, ErasureRequest.account_id == actor.id)
    request.withdrawn_at = now()
    _write(session, request, "erasure_withdrawn")


def withdraw_for(session: Session, actor: Actor, request_id: int, reason: str) -> None:
    """Take back a request, as an admin, for instance because somebody else had asked in their name.

    Raises:
        Invalid: the reason is missing.
        NotFound: there is no such request that waits.
    """
    require(actor, Privilege.ADMINISTER)
    if not 3 <= len(reason.strip()) <= 1000:
        raise Invalid({"reason": _("Say in up to 1000 characters why.")})
    request = _waiting(session, ErasureRequest.id == request_id)
    request.withdrawn_at = now()
    _say(session, actor, request, ErasureStep.WITHDRAWN, reason.strip())
    _write(session, request, "erasure_withdrawn")


def hurry(session: Session, actor: Actor, request_id: int) -> None:
    """Erase now rather than when it is due."""
    require(actor, Privilege.ADMINISTER)
    request = _waiting(session, ErasureRequest.id == request_id)
    request.due_at = min(request.due_at, now())
    _say(session, actor, request, ErasureStep.HURRIED)
    enqueue(session, PERFORM, {"request_id": request.id})


def answer_for(session: Session, actor: Actor, request_id: int) -> None:
    """Become the admin who answers for a request."""
    require(actor, Privilege.ADMINISTER)
    request = _waiting(session, ErasureRequest.id == request_id)
    if request.owner_id != actor.id:
        request.owner_id = actor.id
        _say(session, actor, request, ErasureStep.TAKEN_ON)


def set_cooling_off(session: Session, actor: Actor, days: int) -> None:
    """Change how long people have to take it back; it counts for requests made from then on.

    Raises:
        Forbidden: the actor is no admin.
        Invalid: the days are out of bounds.
    """
    require(actor, Privilege.ADMINISTER)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid({"cooling_off": _("Give a number of days from 1 to {most}.").format(most=MOST_DAYS)})
    previous = cooling_off(session)
    if days != previous:
        set_option(session, OPTION, days)
        emit(session, RetentionChanged(actor_id=actor.id, rule=OPTION, days=days, previous=previous))


def own_request(session: Session, account_id: int) -> ErasureRequest | None:
    """Somebody's open request."""
    return session.scalars(select(ErasureRequest).where(_open(), ErasureRequest.account_id == account_id)).one_or_none()


def require_none(session: Session, account_id: int) -> None:
    """Refuse a second request: the page of somebody who is to be erased has no form to say anything beside.

    Raises:
        Conflict: it was asked for already.
    """
    if own_request(session, account_id) is not None:
        raise Conflict(_("This was asked for already."))


def _ask(session: Session, actor: Actor, account: Account, *, content: bool, days: int) -> ErasureRequest:
    if account.roles:
        raise Invalid({"": _("Somebody with a role cannot be erased. An admin hands their work over first.")})
    require_none(session, account.id)
    if under_way(session, account.id):
        raise Conflict(_("This account is being merged with another at this moment. Try again in a minute."))
    owner = actor.id if actor.id != account.id else first_admin(session)
    request = ErasureRequest(
        account_id=account.id,
        asked_by_id=actor.id,
        owner_id=owner,
        content=content,
        due_at=now() + timedelta(days=days),
    )
    session.add(request)
    session.flush()
    _write(session, request, "erasure_asked", day=request.due_at.date().isoformat())
    if not days:
        enqueue(session, PERFORM, {"request_id": request.id})
    return request


def first_admin(session: Session, *, but: int = 0) -> int | None:
    """The admin who has been here longest."""
    here = (Account.anonymised_at.is_(None), Account.offboarded_at.is_(None), Account.id != but)
    return session.scalar(select(Account.id).where(Account.admin.is_(True), *here).order_by(Account.id).limit(1))


def _open() -> ColumnElement[bool]:
    return ErasureRequest.withdrawn_at.is_(None) & ErasureRequest.done_at.is_(None)


def _waiting(session: Session, which: ColumnElement[bool]) -> ErasureRequest:
    query = select(ErasureRequest).where(_open(), ErasureRequest.begun_at.is_(None), which)
    request = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise NotFound(_("There is no such request, or it is being carried out already."))
    return request


def _say(session: Session, actor: Actor, request: ErasureRequest, step: ErasureStep, reason: str = "") -> None:
    emit(
        session,
        ErasureChanged(
            actor_id=actor.id,
            account_id=request.account_id,
            request_id=request.id,
            step=step,
            content=request.content,
            reason=reason,
        ),
    )


def _write(session: Session, request: ErasureRequest, letter: str, **words: str) -> None:
    """A letter to the person, who may not have asked themself."""
    account = session.get_one(Account, request.account_id)
    if account.email is not None:
        send_letter(session, letter, account.email, account, path=PAGE, **words)
