"""Locking, duplicates, asking for more, and what the desk says of a thread."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege, require
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.events import emit
from forum.events.threads import (
    DuplicateMarkedByStaff,
    InfoRequested,
    InfoRequestedByStaff,
    MarkedDuplicate,
    StaffStateChanged,
    ThreadLocked,
    ThreadUnlocked,
    UnmarkedDuplicate,
)
from forum.i18n import gettext as _
from forum.threads.actions.holding import hold_thread, refuse_locked
from forum.threads.models import StaffState, Thread

MAX_REASON = 300


def lock_thread(
    session: Session, actor: Actor, thread_id: int, *, reason: str, until: datetime | None = None
) -> Thread:
    """Let nobody write in a thread any more, for good or until a moment; locking again changes the reason.

    Raises:
        Forbidden: the actor may not close.
        Invalid: no reason, or a moment that is past.
    """
    thread = _hold_to_close(session, actor, thread_id)
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise Invalid({"reason": _("Say why, in at most 300 characters.")})
    if until is not None and until <= now():
        raise Invalid({"until": _("Choose a time that is still to come.")})
    thread.locked_at, thread.locked_until, thread.locked_by_id = now(), until, actor.id
    thread.lock_reason = reason
    session.flush()
    emit(session, ThreadLocked(actor_id=actor.id, thread_id=thread.id, reason=reason))
    return thread


def unlock_thread(session: Session, actor: Actor, thread_id: int, *, reason: str = "") -> Thread:
    thread = _hold_to_close(session, actor, thread_id)
    if thread.locked_at is not None:
        thread.locked_at = thread.locked_until = thread.locked_by_id = thread.lock_reason = None
        session.flush()
        emit(session, ThreadUnlocked(actor_id=actor.id, thread_id=thread.id, reason=reason))
    return thread


def mark_duplicate(session: Session, actor: Actor, thread_id: int, original_id: int) -> Thread:
    """Point a thread at the one that was there before; a chain is followed to its root.

    Raises:
        Invalid: there is no such original, or it is this thread, or one that points here.
    """
    _lock_both(session, actor, thread_id, original_id)
    thread = hold_thread(session, actor, thread_id)
    _may_close_or_own(actor, thread)
    original = _root(session, actor, original_id)
    if original is None:
        raise Invalid({"original": _("There is no such question. Paste its address or its number.")})
    if original.id == thread.id:
        raise Invalid({"original": _("That question already points here, so it cannot be the original.")})
    if thread.duplicate_of_id != original.id:
        thread.duplicate_of_id = original.id
        session.flush()
        emit(session, MarkedDuplicate(actor_id=actor.id, thread_id=thread.id, duplicate_of_id=original.id))
        _log_duplicate(session, actor, thread, original.id, marked=True)
    return original


def unmark_duplicate(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    _may_close_or_own(actor, thread)
    was, thread.duplicate_of_id = thread.duplicate_of_id, None
    if was is not None:
        session.flush()
        emit(session, UnmarkedDuplicate(actor_id=actor.id, thread_id=thread.id, duplicate_of_id=was))
        _log_duplicate(session, actor, thread, was, marked=False)
    return thread


def ask_for_info(session: Session, actor: Actor, thread_id: int, *, needed: bool = True) -> Thread:
    """Say that a question cannot be answered without knowing more, or that it can after all."""
    thread = _hold_to_close(session, actor, thread_id)
    if set_needs_info(session, actor, thread, needed=needed) and actor.id != thread.author_id:
        emit(session, InfoRequestedByStaff(actor_id=actor.id, thread_id=thread.id, needed=needed))
    return thread


def set_needs_info(session: Session, actor: Actor, thread: Thread, *, needed: bool) -> bool:
    """Whether that changed anything."""
    if (thread.needs_info_at is not None) is needed:
        return False
    if needed and thread.accepted_answer_id is not None:
        raise Conflict(_("This question is solved already."))
    thread.needs_info_at = now() if needed else None
    session.flush()
    emit(session, InfoRequested(actor_id=actor.id, thread_id=thread.id, needed=needed))
    return True


def set_staff_state(session: Session, thread_id: int, state: StaffState | None) -> None:
    """Show on a thread what the public may know of its ticket; only the desk calls this."""
    thread = hold_thread(session, None, thread_id, program=True)
    if thread.staff_state is not state:
        thread.staff_state, thread.staff_state_at = state, now() if state else None
        session.flush()
        emit(session, StaffStateChanged(actor_id=None, thread_id=thread_id, state=state))


def _hold_to_close(session: Session, actor: Actor, thread_id: int) -> Thread:
    thread = hold_thread(session, actor, thread_id)
    require(actor, Privilege.CLOSE, _("Only moderators and staff can do this."))
    return thread


def _may_close_or_own(actor: Actor, thread: Thread) -> None:
    if actor.can(Privilege.CLOSE):
        return
    if actor.id != thread.author_id:
        raise Forbidden(_("Only the person who asked, moderators and staff can do this."))
    require(actor, Privilege.COMMENT_OWN, _("You cannot do this at the moment."))
    refuse_locked(thread)


def _log_duplicate(session: Session, actor: Actor, thread: Thread, original_id: int, *, marked: bool) -> None:
    """What the asker does to their own question is no business of the log."""
    if actor.id != thread.author_id:
        said = DuplicateMarkedByStaff(
            actor_id=actor.id, thread_id=thread.id, duplicate_of_id=original_id, marked=marked
        )
        emit(session, said)


def _lock_both(session: Session, actor: Actor, *thread_ids: int) -> None:
    """Two threads are locked by ascending id, so that marking each of the other cannot stop both."""
    query = select(Thread.id).where(Thread.id.in_(thread_ids), Thread.visible_to(actor))
    session.execute(query.order_by(Thread.id).with_for_update(of=Thread)).all()


def _root(session: Session, actor: Actor, thread_id: int) -> Thread | None:
    """The thread at the end of a chain of duplicates, each link held so that no two acts can close a ring."""
    seen: set[int] = set()
    here: int | None = thread_id
    found: Thread | None = None
    while here is not None and here not in seen:
        seen.add(here)
        query = select(Thread).where(Thread.id == here, Thread.visible_to(actor)).with_for_update(of=Thread)
        found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        here = found.duplicate_of_id if found else None
    return found
