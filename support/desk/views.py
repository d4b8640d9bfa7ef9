"""The desk, and what staff do from a ticket's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from forum.access import Actor, Privilege, signed_in
from forum.i18n import gettext as _
from forum.uploads.limits import WITH_FILES
from forum.web import Form, Route, act, page, render, see_other
from forum.web.routing import MAX_BODY, Endpoint
from support.desk import forms, live, queries
from support.desk.finding import reference_of
from support.desk.ticket import DeskTicket, desk_ticket
from support.escalations.actions import decline as decline_ticket
from support.messages.actions import publish_message, reply_as_staff
from support.messages.actions.publishing import find_publishable
from support.messages.models import Audience
from support.tickets import actions
from support.tickets.models import Priority, SolvedHow, Ticket, TicketState
from support.tickets.words import priority_words, state_for_staff

FILTERS = ("q", "state", "tier", "team", "assignee", "priority", "after")
FORMS: tuple[type[Form], ...] = (
    forms.Reply,
    forms.Assign,
    forms.HandOver,
    forms.SetPriority,
    forms.SetTeam,
    forms.Solve,
    forms.Merge,
    forms.Decline,
)


@page
def show(request: Request, session: Session) -> Response:
    actor = signed_in(request)
    return render(
        request, "support/desk/show.html", sections=queries.desk(session, actor), told=_told_desk(session, actor)
    )


def _told_desk(session: Session, actor: Actor) -> dict[str, Any]:
    return {"facts": live.desk_facts(session, actor), "words": live.desk_words()}


@page
def index(request: Request, session: Session) -> Response:
    """All tickets that match; a reference leads to its ticket at once."""
    filters = {name: request.query_params.get(name, "").replace("\0", "")[:80] for name in FILTERS}
    reference = reference_of(session, signed_in(request), filters["q"])
    if reference is not None:
        return see_other(request, "desk.ticket", ref=reference)
    return render(
        request,
        "support/desk/list.html",
        found=queries.tickets(session, signed_in(request), filters),
        filters=filters,
        told=_told_desk(session, signed_in(request)),
        staff_choices=[(person.handle, person.name) for person in queries.staff(session)],
        teams=[(team, team) for team in queries.teams(session)],
        states=[(state.value, state_for_staff(state)) for state in TicketState],
        priorities=[(priority.value, priority_words(priority)) for priority in Priority],
    )


@page
def ticket(request: Request, session: Session) -> Response:
    return _ticket(request, session, None)


def _ticket(request: Request, session: Session, sent: Form | None) -> Response:
    """A ticket's page; `sent` is a form that was refused, shown again with what was typed."""
    desk = desk_ticket(session, signed_in(request), request.path_params["ref"])
    shown = {kind.__name__: sent if isinstance(sent, kind) else _fresh(kind, desk) for kind in FORMS}
    return render(
        request,
        "support/desk/ticket.html",
        desk=desk,
        ticket=desk.ticket,
        forms=shown,
        sent=type(sent).__name__ if sent else "",
        told={
            "facts": live.ticket_facts(session, signed_in(request), desk.ticket.reference),
            "words": live.ticket_words(),
        },
        staff=queries.staff(session),
        teams=queries.teams(session),
    )


def _fresh(kind: type[Form], desk: DeskTicket) -> Form:
    known = desk.ticket
    return kind(
        data={
            "assignee": desk.assignee.handle if desk.assignee else "",
            "tier": min(known.tier + 1, 3) if known.tier < 3 else 2,
            "priority": known.priority.value,
            "team": known.team,
            "how": desk.how_so_far.value,
            "audience": Audience.REQUESTER.value,
        }
    )


Done = tuple[Ticket, str]
"""The ticket to show next, and a word about what was done."""


def _deed(form: type[Form]) -> Callable[[Callable[..., Done]], Endpoint]:
    """An act of staff on one ticket: do it, then show the ticket again; what was refused is shown beside its field."""

    def decorate(do: Callable[..., Done]) -> Endpoint:
        @act(form, again=_ticket)
        def endpoint(request: Request, session: Session, sent: Any) -> Response:
            done, flash = do(session, signed_in(request), request.path_params["ref"], sent)
            return see_other(request, "desk.ticket", ref=done.reference, flash=flash)

        return endpoint

    return decorate


@_deed(forms.Reply)
def reply(session: Session, actor: Actor, ref: str, form: forms.Reply) -> Done:
    done = reply_as_staff(
        session,
        actor,
        ref,
        Audience(form.audience.data),
        form.cooked,
        confirmed=bool(form.confirmed.data),
        then=form.next_state,
        version=form.shown_version,
    )
    return done, _("Sent.")


@act()
def take(request: Request, session: Session) -> Response:
    done = actions.take_ticket(session, signed_in(request), request.path_params["ref"])
    return see_other(request, "desk.ticket", ref=done.reference, flash=_("It is yours."))


@_deed(forms.Assign)
def assign(session: Session, actor: Actor, ref: str, form: forms.Assign) -> Done:
    done = actions.assign_ticket(session, actor, ref, form.assignee.data or None, version=form.shown_version)
    return done, _("Assigned.") if done.assignee_id else _("Put back: nobody has it now.")


@_deed(forms.HandOver)
def hand_over(session: Session, actor: Actor, ref: str, form: forms.HandOver) -> Done:
    done = actions.hand_over(session, actor, ref, form.tier.data, form.reason.data or "", version=form.shown_version)
    return done, _("Handed over. You still follow it, and will see how it ends.")


@_deed(forms.SetPriority)
def priority(session: Session, actor: Actor, ref: str, form: forms.SetPriority) -> Done:
    done = actions.set_priority(session, actor, ref, Priority(form.priority.data), version=form.shown_version)
    return done, _("Priority changed.")


@_deed(forms.SetTeam)
def team(session: Session, actor: Actor, ref: str, form: forms.SetTeam) -> Done:
    done = actions.set_team(session, actor, ref, form.team.data or "", version=form.shown_version)
    return done, _("Team changed.")


@_deed(forms.Move)
def move(session: Session, actor: Actor, ref: str, form: forms.Move) -> Done:
    done = actions.set_waiting(session, actor, ref, TicketState(form.state.data), version=form.shown_version)
    return done, _("Done.")


@_deed(forms.Solve)
def solve(session: Session, actor: Actor, ref: str, form: forms.Solve) -> Done:
    done = actions.solve_ticket(session, actor, ref, SolvedHow(form.how.data), version=form.shown_version)
    return done, _("Solved. If the customer writes again, it comes back to you.")


@_deed(forms.Decline)
def decline(session: Session, actor: Actor, ref: str, form: forms.Decline) -> Done:
    done = decline_ticket(session, actor, ref, form.cooked, version=form.shown_version)
    return done, _("Declined. Only the customer was told why.")


@_deed(forms.Merge)
def merge(session: Session, actor: Actor, ref: str, form: forms.Merge) -> Done:
    done = actions.merge_tickets(session, actor, ref, form.into.data or "", version=form.shown_version)
    return done, _("Merged: what was said in both is read here.")


@act()
def unmerge(request: Request, session: Session) -> Response:
    done = actions.unmerge_ticket(session, signed_in(request), request.path_params["ref"])
    return see_other(request, "desk.ticket", ref=done.reference, flash=_("Taken apart again."))


@_deed(forms.Toggle)
def spam(session: Session, actor: Actor, ref: str, form: forms.Toggle) -> Done:
    done = actions.mark_spam(session, actor, ref, spam=form.value.data != "0", version=form.shown_version)
    return done, _("Put away as spam.") if done.state is TicketState.SPAM else _("Back on the desk.")


@_deed(forms.Toggle)
def follow(session: Session, actor: Actor, ref: str, form: forms.Toggle) -> Done:
    done = actions.set_following(session, actor, ref, follow=form.value.data != "0")
    return done, _("Noted.")


@page
def publish(request: Request, session: Session) -> Response:
    """What a private message will look like to everyone, before it is posted."""
    desk = desk_ticket(session, signed_in(request), request.path_params["ref"])
    message = find_publishable(session, desk.ticket, request.path_params["message_id"])
    row = next(item for item in desk.messages if item.id == message.id)
    return render(request, "support/desk/publish.html", desk=desk, ticket=desk.ticket, message=row)


@act()
def published(request: Request, session: Session) -> Response:
    reference = request.path_params["ref"]
    publish_message(session, signed_in(request), reference, request.path_params["message_id"])
    return see_other(request, "desk.ticket", ref=reference, flash=_("Posted. It stands in the thread for everyone."))


WORK = Privilege.WORK_TICKETS
AT = "/desk/tickets/{ref}"


def _post(path: str, endpoint: Endpoint, name: str, max_body: int = MAX_BODY) -> Route:
    return Route(AT + path, endpoint, name=name, access=WORK, methods=["POST"], rate="60/minute", max_body=max_body)


routes = [
    Route("/desk", show, name="desk.show", access=WORK),
    Route("/desk/tickets", index, name="desk.list", access=WORK),
    Route(AT, ticket, name="desk.ticket", access=WORK),
    Route(AT + "/messages/{message_id:int}/publish", publish, name="desk.publish", access=WORK),
    _post("/messages/{message_id:int}/publish", published, "desk.published"),
    _post("/messages", reply, "desk.reply", WITH_FILES),
    _post("/take", take, "desk.take"),
    _post("/assign", assign, "desk.assign"),
    _post("/tier", hand_over, "desk.hand_over"),
    _post("/priority", priority, "desk.priority"),
    _post("/team", team, "desk.team"),
    _post("/state", move, "desk.move"),
    _post("/solve", solve, "desk.solve"),
    _post("/decline", decline, "desk.decline"),
    _post("/merge", merge, "desk.merge"),
    _post("/unmerge", unmerge, "desk.unmerge"),
    _post("/spam", spam, "desk.spam"),
    _post("/follow", follow, "desk.follow"),
]
