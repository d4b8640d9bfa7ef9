"""Telling people about tickets. Staff hear of what they work on; a customer only of what they may read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forum.access import Actor, Privilege
from forum.accounts.models import Account, Organisation
from forum.i18n import lazy
from forum.markup import excerpt
from forum.notifications import Group, add_kind, add_matter, notify
from forum.notifications.actions import Notice, tell
from support.messages.models import Message, Side
from support.tickets.models import Ticket, TicketFollower

MENTIONS = 20
EXCERPT = 280
MOST_QUOTED = 5000
MOST_COLLEAGUES = 50
DESK = Privilege.WORK_TICKETS

TICKETS = add_matter("tickets", lazy("Staff write to me, or wait for me, in my ticket"), Group.TICKETS, at_once=True)
SHARED = add_matter(
    "tickets_shared",
    lazy("A colleague writes in my ticket, or staff in one that a colleague shares with me"),
    Group.TICKETS,
    at_once=True,
)
ME_TOO = add_matter("me_too", lazy("A question that I have too is answered"), Group.TICKETS)
ASSIGNED = add_matter(
    "desk_assigned", lazy("Somebody gives me a ticket, or hands one to my tier"), Group.DESK, privilege=DESK
)
SPOKEN = add_matter(
    "desk_spoken", lazy("A customer writes in a ticket that I have"), Group.DESK, at_once=True, privilege=DESK
)
FOLLOWED = add_matter("desk_followed", lazy("A ticket that I follow is solved"), Group.DESK, privilege=DESK)


def _readable(session: Session, actor: Actor, paths: Collection[str]) -> set[str]:
    """The tickets that somebody may read now, who may have left the desk or the organisation since they were told."""
    works = actor.can(DESK)
    named = {path: path.rpartition("/")[2] for path in paths if works or not path.startswith("/desk/")}
    query = select(Ticket.reference).where(Ticket.reference.in_(set(named.values())), Ticket.visible_to(actor))
    found = set(session.scalars(query))
    return {path for path, reference in named.items() if reference in found}


def _kind(name: str, sentence: str, icon: str, matter: str) -> None:
    add_kind(name, sentence, icon, matter=matter, readable=_readable)


_kind("ticket_assigned", lazy("{actor} gave you a ticket"), "ticket", ASSIGNED)
_kind("ticket_handed", lazy("{actor} handed a ticket to your tier"), "arrow-right", ASSIGNED)
_kind("ticket_mention", lazy("{actor} mentioned you in a ticket"), "message-circle", SPOKEN)
_kind("ticket_requester_wrote", lazy("{actor} wrote in a ticket that you have"), "message-circle", SPOKEN)
_kind("ticket_accepted", lazy("{actor} accepted an answer. Is the ticket solved?"), "circle-check", SPOKEN)
_kind("ticket_thanks", lazy("{actor} says thanks for a ticket that you solved"), "sparkles", SPOKEN)
_kind("ticket_reply", lazy("Staff wrote to you in your ticket"), "headset", TICKETS)
_kind("ticket_colleague", lazy("{actor} wrote in a ticket that you share"), "message-circle", SHARED)
_kind("ticket_shared_reply", lazy("Staff wrote in a ticket that a colleague shares with you"), "headset", SHARED)
_kind("ticket_solved", lazy("Staff say that your ticket is solved"), "circle-check", TICKETS)
_kind("ticket_solved_desk", lazy("A ticket that you follow is solved"), "circle-check", FOLLOWED)
_kind("ticket_reminder", lazy("Staff wait for your answer in a ticket"), "hourglass", TICKETS)
_kind(
    "ticket_auto_solved", lazy("Your ticket was marked solved, because staff heard nothing from you"), "clock", TICKETS
)
add_kind("me_too_answered", lazy("Staff answered a question that you have too: “{title}”"), "headset", matter=ME_TOO)
add_kind("me_too_solved", lazy("A question that you have too is solved: “{title}”"), "circle-check", matter=ME_TOO)


def tell_staff(
    session: Session,
    account_ids: Iterable[int | None],
    kind: str,
    ticket: Ticket,
    actor_id: int | None,
    *,
    key: str | None = None,
    words: str = "",
) -> None:
    """Tell those who work on a ticket, less whoever did it; `words` are for staff alone, and shortened."""
    wanted = [account_id for account_id in account_ids if account_id is not None]
    text = f"{_named(ticket)}\n\n{excerpt(words, EXCERPT)}" if words else _named(ticket)
    path = f"/desk/tickets/{ticket.reference}"
    tell(session, wanted, Notice(kind, actor_id=actor_id, text=text, url=path, key=key))


def tell_mentioned(
    session: Session, handles: Iterable[str], ticket: Ticket, actor_id: int | None, message_id: int
) -> None:
    """Tell staff who are named in a message that is not public; whoever else is named hears nothing of it."""
    names = sorted({handle.lower() for handle in handles})[:MENTIONS]
    if names:
        works = or_(Account.staff.is_(True), Account.admin.is_(True))
        ids = session.scalars(select(Account.id).where(Account.handle.in_(names), works)).all()
        tell_staff(session, ids, "ticket_mention", ticket, actor_id, key=f"message-{message_id}")


def tell_requester(
    session: Session, ticket: Ticket, kind: str, actor_id: int | None, *, key: str | None = None, quote: str = ""
) -> None:
    """Tell the customer, without who of the staff it was; `quote`, what they wrote, stands in the mail alone."""
    if ticket.requester_id != actor_id:
        path = f"/tickets/{ticket.reference}"
        told = Notice(kind, text=_named(ticket), url=path, key=key, quote=_quoted(quote))
        tell(session, [ticket.requester_id], told)


def tell_of_colleague(session: Session, ticket: Ticket, author_id: int, message: Message) -> None:
    """The customer hears of what a colleague wrote in their ticket."""
    if author_id != ticket.requester_id:
        told = Notice("ticket_colleague", actor_id=author_id, text=_named(ticket), url=f"/tickets/{ticket.reference}")
        tell(session, [ticket.requester_id], replace(told, key=f"message-{message.id}", quote=_quoted(message.text)))


def tell_colleagues(session: Session, ticket: Ticket, message: Message) -> None:
    """Colleagues who wrote in a shared ticket hear of an answer too.

    The subject stands in no notification of theirs: that they may read the ticket can end.
    """
    if not ticket.shared:
        return
    wrote = select(Message.author_id).where(Message.ticket_id == ticket.id, Message.side == Side.REQUESTER)
    ids = session.scalars(
        select(Account.id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(
            Organisation.id == ticket.organisation_id,
            Organisation.shares_tickets.is_(True),
            Account.id.in_(wrote),
            Account.id != ticket.requester_id,
        )
        .limit(MOST_COLLEAGUES)
    ).all()
    told = Notice("ticket_shared_reply", text=ticket.reference, url=f"/tickets/{ticket.reference}")
    tell(session, ids, replace(told, key=f"message-{message.id}", quote=_quoted(message.text)))


def tell_solved(session: Session, ticket: Ticket, actor_id: int | None) -> None:
    """Whoever had a part in a ticket sees how it ended; a declined one has been told why already."""
    if ticket.declined_at is None:
        tell_requester(session, ticket, "ticket_solved" if actor_id else "ticket_auto_solved", actor_id)
    followers = session.scalars(select(TicketFollower.account_id).where(TicketFollower.ticket_id == ticket.id))
    tell_staff(session, {*followers, ticket.assignee_id}, "ticket_solved_desk", ticket, actor_id)


def tell_me_too(session: Session, thread_id: int, account_ids: Iterable[int], *, solved: bool) -> None:
    """Tell each of them once that it is answered, and once that it is solved."""
    kind = "me_too_solved" if solved else "me_too_answered"
    for account_id in sorted(account_ids):
        notify(session, account_id, kind, thread_id=thread_id, key=f"{kind}-{thread_id}")


def _quoted(text: str) -> str:
    return text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED].rsplit(" ", 1)[0] + " …"


def _named(ticket: Ticket) -> str:
    return f"{ticket.reference}: {ticket.subject}"
