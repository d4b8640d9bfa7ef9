"""What people read about tickets: one set of words for customers, one for staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forum.i18n import gettext as _
from support.tickets.models import Priority, Reason, SolvedHow, TicketState


def state_for_customer(state: TicketState) -> str:
    """Where a ticket stands, without anything of how staff work."""
    return {
        TicketState.NEW: _("Sent to staff"),
        TicketState.OPEN: _("With staff"),
        TicketState.PENDING: _("Waiting for you"),
        TicketState.HOLD: _("Waiting for somebody else"),
        TicketState.SOLVED: _("Solved"),
        TicketState.MERGED: _("Continued in another ticket"),
    }.get(state, _("Closed"))


def told_customer(state: TicketState) -> str:
    """The same distinction as a name: states that read alike to a customer are one."""
    told = (TicketState.NEW, TicketState.OPEN, TicketState.PENDING, TicketState.HOLD, TicketState.SOLVED)
    return state.value if state in (*told, TicketState.MERGED) else TicketState.CLOSED.value


def state_for_staff(state: TicketState) -> str:
    return {
        TicketState.NEW: _("New"),
        TicketState.OPEN: _("Open"),
        TicketState.PENDING: _("Waiting for the customer"),
        TicketState.HOLD: _("Waiting for somebody else"),
        TicketState.SOLVED: _("Solved"),
        TicketState.CLOSED: _("Closed"),
        TicketState.MERGED: _("Merged"),
        TicketState.SPAM: _("Spam"),
    }[state]


def priority_words(priority: Priority) -> str:
    return {
        Priority.LOW: _("Low"),
        Priority.NORMAL: _("Normal"),
        Priority.HIGH: _("High"),
        Priority.URGENT: _("Urgent"),
    }[priority]


def reason_words(reason: Reason) -> str:
    return {
        Reason.UNANSWERED: _("Nobody could help yet"),
        Reason.UNHELPFUL: _("The answers did not help"),
        Reason.OUTAGE: _("Something is down"),
        Reason.SECURITY: _("A security problem"),
        Reason.BILLING: _("Billing"),
        Reason.DATA_LOSS: _("Data was lost"),
        Reason.HANDED_OVER: _("Handed over by a moderator or staff"),
        Reason.RULE: _("Nobody answered in time"),
        Reason.PRIVATE: _("Asked privately"),
    }[reason]


def how_words(how: SolvedHow) -> str:
    return {
        SolvedHow.PUBLIC: _("with an answer in the thread"),
        SolvedHow.PRIVATE: _("with a private reply"),
        SolvedHow.NO_REPLY: _("without a reply"),
    }[how]


def happened(kind: str, data: Mapping[str, Any], who: str) -> str:
    """One thing that happened to a ticket, as a sentence without its full stop."""
    if kind == "state":
        return _moved(data, who)
    sentences = {
        "opened": _("{who} opened this ticket"),
        "followed_up": _("{who} wrote after {reference} was closed"),
        "wrote": _("{who} wrote"),
        "taken": _("{who} took this ticket"),
        "assigned": _("{who} gave this ticket to {assignee}"),
        "released": _("{who} put this ticket back, unassigned"),
        "tier": _("{who} handed this over from tier {previous} to tier {tier}"),
        "priority": _("{who} changed the priority from {previous} to {value}"),
        "team": _("{who} changed the team from {previous} to {value}"),
        "declined": _("{who} declined this"),
        "merged": _("{who} merged {reference} into this ticket"),
        "merged_away": _("{who} merged this into {reference}"),
        "unmerged": _("{who} took {reference} apart from this again"),
        "published": _("{who} posted a private message publicly"),
        "thanked": _("{who} said thanks"),
        "accepted": _("{who} accepted an answer in the thread"),
        "reminded": _("The customer was reminded"),
        "shared": _("{who} shared this with colleagues"),
        "unshared": _("{who} no longer shares this with colleagues"),
        "withdrawn": _("{who} took this back from staff"),
    }
    return sentences[kind].format_map({**_readable(data), "who": who})


def _moved(data: Mapping[str, Any], who: str) -> str:
    became = TicketState(data["became"])
    if became is TicketState.SOLVED and data.get("how"):
        return _("{who} solved this, {how}").format(who=who, how=how_words(SolvedHow(data["how"])))
    return {
        TicketState.OPEN: _("{who} opened this again") if data["was"] != "new" else _("{who} began work on this"),
        TicketState.PENDING: _("{who} is waiting for the customer"),
        TicketState.HOLD: _("{who} is waiting for somebody else"),
        TicketState.SOLVED: _("{who} solved this"),
        TicketState.CLOSED: _("{who} closed this"),
        TicketState.SPAM: _("{who} marked this as spam"),
    }[became].format(who=who)


def _readable(data: Mapping[str, Any]) -> dict[str, Any]:
    known = {priority.value: priority_words(priority) for priority in Priority}
    return {
        key: known.get(value, value or _("none")) if isinstance(value, str) else value for key, value in data.items()
    }
