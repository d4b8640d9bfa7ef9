"""Who has a ticket, and how it is sorted: taking, assigning, handing over, priority, team, following."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor
from forum.accounts.models import Account
from forum.errors import Conflict, Invalid
from forum.events import emit
from forum.events.support import TicketAssigned, TicketHandedOver, TicketSorted
from forum.i18n import gettext as _
from support import crowds, notices
from support.tickets.actions.holding import hold_for_staff
from support.tickets.history import record
from support.tickets.models import AT_WORK, Priority, Ticket, TicketFollower, TicketState
from support.tickets.states import begin_work, move

MAX_REASON = 1000
TIERS = (1, 2, 3)


def take_ticket(session: Session, actor: Actor, reference: str) -> Ticket:
    """Make a ticket one's own; taking it twice changes nothing.

    Raises:
        Conflict: somebody else has it; it says who.
    """
    ticket = hold_for_staff(session, actor, reference)
    if ticket.assignee_id == actor.id:
        return ticket
    if ticket.assignee_id is not None:
        holder = session.get_one(Account, ticket.assignee_id)
        words = _("{name} was quicker and has taken this ticket. You can still read it, note something, or follow it.")
        raise Conflict(words.format(name=holder.display_name or holder.handle))
    _refuse_finished(ticket)
    give_to(session, ticket, actor.id, actor.id)
    begin_work(session, ticket, actor.id)
    return ticket


def assign_ticket(
    session: Session, actor: Actor, reference: str, assignee: str | None, *, version: int | None = None
) -> Ticket:
    """Give a ticket to a member of staff by handle, or put it back (None).

    Raises:
        Invalid: nobody of that name works on tickets.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    _refuse_finished(ticket)
    person = staff_by_handle(session, assignee) if assignee else None
    if person is None and ticket.state in (TicketState.PENDING, TicketState.HOLD):
        raise Invalid({"assignee": _("Somebody must have a ticket that waits. Choose who.")})
    if ticket.assignee_id != (person.id if person else None):
        give_to(session, ticket, person.id if person else None, actor.id)
        begin_work(session, ticket, actor.id)
    return ticket


def hand_over(
    session: Session, actor: Actor, reference: str, tier: int, reason: str, *, version: int | None = None
) -> Ticket:
    """Pass a ticket to another tier, saying why.

    Whoever hands over, and whoever had it, stay followers: they see how it ends. A
    ticket that waits is open again, because now somebody else is to look at it.

    Raises:
        Invalid: there is no such tier, it is the same one, or the reason is missing.
    """
    ticket = hold_for_staff(session, actor, reference, version)
    _refuse_finished(ticket)
    reason = reason.strip()
    if tier not in TIERS or tier == ticket.tier:
        raise Invalid({"tier": _("Choose another tier.")})
    if not 3 <= len(reason) <= MAX_REASON:
        raise Invalid({"reason": _("Say in up to 1000 characters why, so that nobody has to start again.")})
    previous, holder = ticket.tier, ticket.assignee_id
    for account_id in {actor.id, holder} - {None}:
        follow_ticket(session, ticket.id, account_id)
    begin_work(session, ticket, actor.id)
    if ticket.state in (TicketState.PENDING, TicketState.HOLD):
        move(session, ticket, TicketState.OPEN, actor.id, by_staff=True)
    ticket.tier, ticket.assignee_id = tier, None
    record(session, ticket, "tier", actor.id, note=reason, tier=tier, previous=previous)
    crowds.tell_tier(session, ticket, actor.id, reason)
    emit(session, TicketHandedOver(actor_id=actor.id, ticket_id=ticket.id, tier=tier, previous=previous))
    return ticket


def set_priority(
    session: Session, actor: Actor, reference: str, priority: Priority, *, version: int | None = None
) -> Ticket:
    ticket = hold_for_staff(session, actor, reference, version)
    _refuse_finished(ticket)
    if ticket.priority is not priority:
        previous, ticket.priority = ticket.priority, priority
        _sorted(session, actor, ticket, "priority", value=priority.value, previous=previous.value)
    return ticket


def set_team(session: Session, actor: Actor, reference: str, team: str, *, version: int | None = None) -> Ticket:
    ticket = hold_for_staff(session, actor, reference, version)
    _refuse_finished(ticket)
    team = " ".join(team.split())
    if len(team) > 40:
        raise Invalid({"team": _("Please keep this under 40 characters.")})
    if ticket.team != team:
        previous, ticket.team = ticket.team, team
        _sorted(session, actor, ticket, "team", value=team, previous=previous)
    return ticket


def follow_ticket(session: Session, ticket_id: int, account_id: int | None) -> None:
    if account_id is not None and session.get(TicketFollower, (ticket_id, account_id)) is None:
        session.add(TicketFollower(ticket_id=ticket_id, account_id=account_id))
        session.flush()


def set_following(session: Session, actor: Actor, reference: str, *, follow: bool) -> Ticket:
    """Hear how a ticket ends, or no longer."""
    ticket = hold_for_staff(session, actor, reference)
    if follow:
        follow_ticket(session, ticket.id, actor.id)
    elif (row := session.get(TicketFollower, (ticket.id, actor.id))) is not None:
        session.delete(row)
    return ticket


def give_to(session: Session, ticket: Ticket, assignee_id: int | None, actor_id: int | None, *, note: str = "") -> None:
    """Change who has a ticket; whoever had it goes on following.

    Raises:
        Conflict: whoever is to have it has left a moment ago.
    """
    if assignee_id is not None:
        _refuse_leaver(session, assignee_id)
    previous, ticket.assignee_id = ticket.assignee_id, assignee_id
    follow_ticket(session, ticket.id, previous)
    kind, name = "released", ""
    if assignee_id is not None:
        person = session.get_one(Account, assignee_id)
        kind, name = "taken" if assignee_id == actor_id else "assigned", person.display_name or person.handle
    record(session, ticket, kind, actor_id, note=note, assignee=name)
    if assignee_id is not None and assignee_id != actor_id:
        notices.tell_staff(session, [assignee_id], "ticket_assigned", ticket, actor_id)
    emit(
        session,
        TicketAssigned(actor_id=actor_id, ticket_id=ticket.id, assignee_id=assignee_id, previous_id=previous),
    )


def _refuse_leaver(session: Session, account_id: int) -> None:
    """Held as the ticket's key to them will hold it, so that nobody leaves between this look and the commit."""
    row = select(Account.offboarded_at).where(Account.id == account_id)
    if session.scalar(row.with_for_update(read=True, key_share=True)) is not None:
        raise Conflict(_("They have left in the meantime. Choose somebody else."))


def staff_by_handle(session: Session, handle: str) -> Account:
    person = session.scalars(
        select(Account).where(
            Account.handle == handle.strip().lstrip("@").lower(),
            or_(Account.staff.is_(True), Account.admin.is_(True)),
            Account.offboarded_at.is_(None),
        )
    ).one_or_none()
    if person is None:
        raise Invalid({"assignee": _("Nobody of that name works on tickets.")})
    return person


def _sorted(session: Session, actor: Actor, ticket: Ticket, field: str, *, value: str, previous: str) -> None:
    record(session, ticket, field, actor.id, value=value, previous=previous)
    emit(
        session,
        TicketSorted(actor_id=actor.id, ticket_id=ticket.id, field=field, value=value, previous=previous),
    )
    begin_work(session, ticket, actor.id)


def _refuse_finished(ticket: Ticket) -> None:
    if ticket.state not in (*AT_WORK, TicketState.SOLVED):
        raise Conflict(_("This ticket is finished, so nobody works on it any more."))
