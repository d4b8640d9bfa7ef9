"""One PATCH of a ticket, as the acts that it is made of."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Invalid
from forum.i18n import gettext as _
from support.desk.ticket import visible_ticket
from support.tickets import actions
from support.tickets.actions.holding import hold_for_staff
from support.tickets.api.shapes import TicketChange
from support.tickets.models import Ticket, TicketState

CHANGES = frozenset({"state", "assignee", "tier", "priority", "team", "shared"})
MAY_BE_NOBODY = frozenset({"assignee"})
WAITS = (TicketState.OPEN, TicketState.PENDING, TicketState.HOLD)


def change_as_staff(session: Session, actor: Actor, reference: str, given: TicketChange) -> Ticket:
    """Each change through its own act; the version is looked at once, since each act moves it on.

    Raises: as the acts do; then nothing is changed.
    """
    asked = _asked(given)
    ticket = hold_for_staff(session, actor, reference, given.version)
    if given.shared is not None:
        raise Invalid({"shared": _("Only the person who asked decides who reads along.")})
    if given.priority is not None:
        ticket = actions.set_priority(session, actor, reference, given.priority)
    if given.team is not None:
        ticket = actions.set_team(session, actor, reference, given.team)
    if given.tier is not None and given.tier != ticket.tier:
        why = given.reason.strip() or _("Sorted through the API, without a word.")
        ticket = actions.hand_over(session, actor, reference, given.tier, why)
    if "assignee" in asked:
        ticket = _assign(session, actor, reference, given.assignee, seen=given.version is not None)
    if given.state is not None:
        ticket = _move(session, actor, ticket, given)
    return ticket


def change_as_customer(session: Session, actor: Actor, reference: str, given: TicketChange) -> Ticket:
    """
    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
        Invalid: only staff change this.
        Forbidden: it is somebody else's.
        Conflict: it cannot be shared with anybody.
    """
    ticket = visible_ticket(session, actor, reference)
    asked = _asked(given)
    if beyond := sorted(asked - {"state", "shared"}):
        raise Invalid({name: _("Only staff change this.") for name in beyond})
    if given.shared is not None:
        ticket = actions.share_ticket(session, actor, reference, shared=given.shared)
    if asked == {"shared"}:
        return ticket
    if given.state is TicketState.SOLVED:
        return actions.say_solved(session, actor, reference)
    if given.state is TicketState.CLOSED:
        return actions.close_own(session, actor, reference)
    raise Invalid({"state": _("You can say that it is solved, or close it; writing opens it again.")})


def _asked(given: TicketChange) -> frozenset[str]:
    asked = CHANGES & given.model_fields_set
    if not asked:
        raise Invalid({"": _("Say what should change.")})
    empty = sorted(name for name in asked - MAY_BE_NOBODY if getattr(given, name) is None)
    if empty:
        words = _("This cannot be nothing. Leave it out, and it stays as it is.")
        raise Invalid(dict.fromkeys(empty, words))
    return asked


def _assign(session: Session, actor: Actor, reference: str, assignee: str | None, *, seen: bool) -> Ticket:
    """Whoever takes a ticket without saying what they saw takes it only from nobody."""
    if not seen and assignee is not None and assignee.strip().lstrip("@").lower() == actor.handle:
        return actions.take_ticket(session, actor, reference)
    return actions.assign_ticket(session, actor, reference, assignee)


def _move(session: Session, actor: Actor, ticket: Ticket, given: TicketChange) -> Ticket:
    reference, state = ticket.reference, given.state
    if ticket.state is state:
        return ticket
    if state is TicketState.SOLVED:
        return actions.solve_ticket(session, actor, reference, given.how)
    if state is TicketState.SPAM or (ticket.state is TicketState.SPAM and state is TicketState.OPEN):
        return actions.mark_spam(session, actor, reference, spam=state is TicketState.SPAM)
    if state in WAITS:
        return actions.set_waiting(session, actor, reference, state)
    raise Invalid({"state": _("A ticket goes there by itself: choose open, pending, hold, solved or spam.")})
