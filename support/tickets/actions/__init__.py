"""What people do with tickets."""

from support.tickets.actions.merging import merge_tickets, unmerge_ticket
from support.tickets.actions.opening import open_ticket
from support.tickets.actions.settling import (
    close_own,
    mark_spam,
    say_solved,
    say_thanks,
    set_waiting,
    solve_ticket,
)
from support.tickets.actions.sharing import share_ticket
from support.tickets.actions.sorting import (
    assign_ticket,
    hand_over,
    set_following,
    set_priority,
    set_team,
    take_ticket,
)

__all__ = [
    "assign_ticket",
    "close_own",
    "hand_over",
    "mark_spam",
    "merge_tickets",
    "open_ticket",
    "say_solved",
    "say_thanks",
    "set_following",
    "set_priority",
    "set_team",
    "set_waiting",
    "share_ticket",
    "solve_ticket",
    "take_ticket",
    "unmerge_ticket",
]
