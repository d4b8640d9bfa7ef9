"""A customer's choice that their colleagues read along."""

from __future__ import annotations

from sqlalchemy.orm import Session

from forum.access import Actor
from forum.errors import Conflict, Forbidden
from forum.i18n import gettext as _
from support.tickets.actions.holding import hold_ticket
from support.tickets.actions.opening import shares
from support.tickets.history import record
from support.tickets.models import Ticket


def share_ticket(session: Session, actor: Actor, reference: str, *, shared: bool) -> Ticket:
    """Share a ticket of one's own with one's colleagues, or take it back: then they no longer know that it exists.

    A shared ticket belongs to the organisation that its customer belongs to now.

    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
        Forbidden: it is somebody else's.
        Conflict: the actor belongs to no organisation that shares tickets.
    """
    ticket = hold_ticket(session, actor, reference)
    if ticket.requester_id != actor.id:
        raise Forbidden(_("Only the person who asked decides who reads along."))
    if shared and not shares(session, actor.organisation_id):
        raise Conflict(_("You belong to no organisation that shares tickets."))
    if shared:
        moved = not ticket.shared or ticket.organisation_id != actor.organisation_id
        ticket.shared, ticket.organisation_id = True, actor.organisation_id
    else:
        moved, ticket.shared = ticket.shared, False
    if moved:
        record(session, ticket, "shared" if shared else "unshared", actor.id)
    return ticket
