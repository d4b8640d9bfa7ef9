"""Accepting: the answer that solved a thread, as its asker says."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.clock import now
from forum.errors import Conflict, Forbidden, Invalid
from forum.events import emit
from forum.events.threads import AnswerAccepted, AnswerUnaccepted, AnswerUnhelpful
from forum.i18n import gettext as _
from forum.posts import SHOWN
from forum.threads.actions.holding import hold_answer, refuse_locked
from forum.threads.models import Answer, Thread, ThreadKind, Unhelpful

MAX_NOTE = 1000


def accept_answer(session: Session, actor: Actor, answer_id: int) -> Thread:
    """Mark an answer as the one that solved its thread, replacing any earlier choice.

    Accepting the same answer again changes nothing and announces nothing, so a
    double-clicked button cannot pay reputation twice.

    Raises:
        NotFound: there is no such answer, or none that the actor may see.
        Forbidden: the actor neither asked nor may accept for others.
        Conflict: the thread is locked, or the answer is not there for everybody.
    """
    thread, answer = hold_answer(session, actor, answer_id)
    _check(actor, thread)
    if answer.visibility not in SHOWN or thread.visibility not in SHOWN:
        raise Conflict(_("Only an answer that everybody can read can be accepted."))
    if thread.accepted_answer_id != answer.id:
        _choose(session, actor.id, thread, answer)
        _helped_after_all(session, thread, answer)
    return thread


def unaccept_answer(session: Session, actor: Actor, answer_id: int) -> Thread:
    """Say that an answer was not the solution after all; when it is not the accepted one, nothing happens.

    Raises: as `accept_answer`.
    """
    thread, answer = hold_answer(session, actor, answer_id)
    _check(actor, thread)
    if thread.accepted_answer_id == answer.id:
        _clear(session, actor.id, thread, answer)
    return thread


def say_unhelpful(session: Session, actor: Actor, answer_id: int, note: str = "") -> Thread:
    """The asker says that an answer did not help; said once for each answer.

    Raises:
        Forbidden: the actor did not ask.
        Conflict: the answer is the accepted one.
    """
    thread, answer = hold_answer(session, actor, answer_id)
    if actor.id != thread.author_id or answer.author_id == actor.id:
        raise Forbidden(_("Only the person who asked can say whether an answer helped."))
    if thread.accepted_answer_id == answer.id:
        raise Conflict(_("You accepted this answer. Take that back first."))
    note = note.strip()
    if len(note) > MAX_NOTE:
        raise Invalid({"note": _("Please keep it under 1000 characters.")})
    if session.get(Unhelpful, (answer.id, actor.id)) is None:
        session.add(Unhelpful(answer_id=answer.id, account_id=actor.id, note=note))
        answer.unhelpful_count += 1
        session.flush()
        emit(session, AnswerUnhelpful(actor_id=actor.id, thread_id=thread.id, answer_id=answer.id, note=note))
    return thread


def set_aside(session: Session, actor: Actor | None, thread: Thread, answer: Answer) -> None:
    """An accepted answer is being removed: the thread is open again, and the answer remembers who chose it."""
    if thread.accepted_answer_id == answer.id:
        answer.chosen_by_id = thread.accepted_by_id or thread.author_id
        _clear(session, actor.id if actor else None, thread, answer)


def choose_again(session: Session, thread: Thread, answer: Answer) -> None:
    """A removed answer is back: it is the solution again, unless another was chosen since."""
    chosen_by, answer.chosen_by_id = answer.chosen_by_id, None
    if chosen_by is not None and thread.accepted_answer_id is None:
        _choose(session, chosen_by, thread, answer, again=True)


def _helped_after_all(session: Session, thread: Thread, answer: Answer) -> None:
    """What solved a thread did help: the asker's earlier word against it no longer stands."""
    said = session.get(Unhelpful, (answer.id, thread.author_id))
    if said is not None:
        session.delete(said)
        answer.unhelpful_count -= 1
        session.flush()


def _check(actor: Actor, thread: Thread) -> None:
    if actor.id != thread.author_id and not actor.can(Privilege.ACCEPT_ANY_ANSWER):
        raise Forbidden(_("Only the person who asked can accept an answer."))
    if thread.kind is not ThreadKind.QUESTION:
        raise Conflict(_("A discussion has no solution."))
    refuse_locked(thread)


def _choose(session: Session, actor_id: int, thread: Thread, answer: Answer, *, again: bool = False) -> None:
    event = AnswerAccepted(
        actor_id=actor_id,
        thread_id=thread.id,
        answer_id=answer.id,
        answer_author_id=answer.author_id,
        replaced_answer_id=thread.accepted_answer_id,
        again=again,
    )
    thread.accepted_answer_id, thread.accepted_at, thread.accepted_by_id = answer.id, now(), actor_id
    session.flush()
    emit(session, event)


def _clear(session: Session, actor_id: int | None, thread: Thread, answer: Answer) -> None:
    thread.accepted_answer_id = thread.accepted_at = thread.accepted_by_id = None
    session.flush()
    emit(
        session,
        AnswerUnaccepted(
            actor_id=actor_id, thread_id=thread.id, answer_id=answer.id, answer_author_id=answer.author_id
        ),
    )
