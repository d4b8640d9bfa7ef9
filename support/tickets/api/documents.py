"""Tickets as the API shows them, in the rows of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request

from forum.access import Actor, Privilege
from forum.accounts.models import Organisation
from forum.threads.queries import people as authors
from forum.web.api.shapes import author
from support.desk.queries import DeskRow
from support.desk.ticket import neighbours, visible_ticket
from support.messages.queries import MessageRow, conversation, message_row
from support.people import people
from support.tickets import queries
from support.tickets.api.shapes import (
    CustomerState,
    MessageOut,
    OrganisationOut,
    OwnTicketOut,
    OwnTicketSummary,
    TicketOut,
    TicketSummary,
)
from support.tickets.models import Ticket, TicketState


def document(request: Request, session: Session, actor: Actor, reference: str) -> TicketOut | OwnTicketOut:
    """
    Raises:
        NotFound: there is no such ticket, or none that the actor may see.
    """
    if actor.can(Privilege.WORK_TICKETS):
        return desk_document(request, session, actor, reference)
    return own_document(request, session, actor, reference)


def desk_document(request: Request, session: Session, actor: Actor, reference: str) -> TicketOut:
    ticket = visible_ticket(session, actor, reference)
    around = neighbours(session, ticket)
    merged = [found for found in around if found.merged_into_id == ticket.id]
    by_id = {found.id: found.reference for found in around}
    who = people(session, [ticket.requester_id, ticket.assignee_id])
    holder = who.get(ticket.assignee_id)
    said = conversation(session, actor, [ticket.id, *(found.id for found in merged)])
    return TicketOut(
        ref=ticket.reference,
        subject=ticket.subject,
        state=ticket.state,
        tier=ticket.tier,
        priority=ticket.priority,
        team=ticket.team,
        assignee=holder.handle if holder else None,
        requester=who[ticket.requester_id].handle,
        organisation=_organisation(session, ticket),
        shared=ticket.shared,
        thread=ticket.thread_id or ticket.about_thread_id,
        reason=ticket.reason,
        environment=ticket.environment,
        solved_how=ticket.solved_how,
        merged_into=by_id.get(ticket.merged_into_id or 0),
        merged=[found.reference for found in merged],
        follow_up_of=by_id.get(ticket.follow_up_of_id or 0),
        followed_by=next((found.reference for found in around if found.follow_up_of_id == ticket.id), None),
        version=ticket.version,
        messages=messages(request, session, said),
        created_at=ticket.created_at,
        last_word_at=ticket.last_word_at,
    )


def own_document(request: Request, session: Session, actor: Actor, reference: str) -> OwnTicketOut:
    page = queries.own_ticket(session, actor, reference)
    ticket = page.ticket
    return OwnTicketOut(
        ref=ticket.reference,
        subject=ticket.subject,
        state=customer_state(ticket.state),
        requester=ticket.requester.handle,
        shared=ticket.shared,
        thread=page.thread.id if page.thread else None,
        merged_into=page.merged_into,
        follow_up_of=page.follow_up_of,
        followed_by=page.followed_by,
        messages=messages(request, session, page.messages),
        created_at=ticket.created_at,
        last_word_at=ticket.last_word_at,
    )


def message_document(request: Request, session: Session, actor: Actor, message_id: int) -> MessageOut:
    return messages(request, session, [message_row(session, actor, message_id)])[0]


def messages(request: Request, session: Session, rows: Sequence[MessageRow]) -> list[MessageOut]:
    who = authors(session, [row.author.id if row.author else None for row in rows])
    base = request.state.site.settings.base_url
    return [
        MessageOut(
            id=row.id,
            body=row.body,
            body_html=row.body_html,
            audience=row.audience,
            author=author(who.get(row.author.id)) if row.author else None,
            side=row.side,
            url=f"{base}{row.path}" if row.path else None,
            gone=row.gone,
            created_at=row.created_at,
        )
        for row in rows
    ]


def desk_summary(row: DeskRow) -> TicketSummary:
    return TicketSummary(
        ref=row.reference,
        subject=row.subject,
        state=row.state,
        tier=row.tier,
        priority=row.priority,
        team=row.team,
        assignee=row.assignee.handle if row.assignee else None,
        requester=row.customer.handle,
        organisation=_named(row.organisation, row.plan, row.importance),
        awaits_staff=row.their_turn,
        last_word_at=row.last_word_at,
    )


def own_summary(row: queries.OwnTicket) -> OwnTicketSummary:
    return OwnTicketSummary(
        ref=row.reference,
        subject=row.subject,
        state=customer_state(row.state),
        requester=row.requester.handle,
        shared=row.shared,
        created_at=row.created_at,
        last_word_at=row.last_word_at,
    )


def _organisation(session: Session, ticket: Ticket) -> OrganisationOut | None:
    found = session.get(Organisation, ticket.organisation_id) if ticket.organisation_id is not None else None
    return _named(found.name, found.plan, found.importance) if found is not None else None


def _named(name: str | None, plan: str | None, importance: int | None) -> OrganisationOut | None:
    if name is None or importance is None:
        return None
    return OrganisationOut(name=name, plan=plan or "", importance=importance)


def customer_state(state: TicketState) -> CustomerState:
    """To its customer a ticket that was put away as spam is closed, here as on their page."""
    return cast(CustomerState, "closed" if state is TicketState.SPAM else state.value)
