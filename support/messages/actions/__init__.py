"""Saying something in a ticket."""

from support.messages.actions.hearing import hear_requester, open_privately, reply_as_requester
from support.messages.actions.publishing import publish_message
from support.messages.actions.replying import reply_as_staff, settle_staff_word
from support.messages.actions.writing import add_message, find_mirrored, program_says

__all__ = [
    "add_message",
    "find_mirrored",
    "hear_requester",
    "open_privately",
    "program_says",
    "publish_message",
    "reply_as_requester",
    "reply_as_staff",
    "settle_staff_word",
]
